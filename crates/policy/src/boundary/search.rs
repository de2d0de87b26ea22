//! The combinations of values for which the target is allowed something and the actor is not.

use std::collections::HashSet;

use super::budget::{Budget, TooComplex};
use super::mask::Mask;
use super::question::Question;

/// What the search found.
pub(super) struct Found {
    /// The rules of the target that allow what the actor may not do.
    pub(super) deciding: Mask,
    /// For each column, the kind of value of the first example; none: any.
    pub(super) example: Option<Vec<Option<usize>>>,
}

struct Search<'a> {
    question: &'a Question,
    /// For each column, the rules without a condition on it or on any later one.
    settled: Vec<Mask>,
    seen: HashSet<(usize, Mask)>,
    chosen: Vec<Option<usize>>,
    found: Found,
}

/// Goes through all of them. When that becomes too complex, what was found until then is still true.
pub(super) fn search(question: &Question, budget: &mut Budget) -> (Found, Result<(), TooComplex>) {
    let size = question.rules.inverted.len();
    let mut search = Search {
        question,
        settled: settled(question),
        seen: HashSet::new(),
        chosen: Vec::new(),
        found: Found { deciding: Mask::empty(size), example: None },
    };
    let mut all = Mask::empty(size);
    (0..size).for_each(|rule| all.insert(rule));
    let result = search.visit(all, budget);
    (search.found, result)
}

fn settled(question: &Question) -> Vec<Mask> {
    let size = question.rules.inverted.len();
    let free_from = |level: usize| {
        let mut mask = Mask::empty(size);
        let columns = &question.columns[level..];
        let free = |rule: &usize| !columns.iter().any(|column| column.asking.has(*rule));
        (0..size).filter(free).for_each(|rule| mask.insert(rule));
        mask
    };
    (0..=question.columns.len()).map(free_from).collect()
}

impl Search<'_> {
    /// `alive` are the rules that apply as far as the chosen values say.
    fn visit(&mut self, alive: Mask, budget: &mut Budget) -> Result<(), TooComplex> {
        let level = self.chosen.len();
        budget.spend(20 * alive.cost())?;
        let deciding = self.may_decide(&alive, level);
        if deciding.is_empty() || self.surely_allowed(&alive, level) {
            return Ok(());
        }
        let Some(column) = self.question.columns.get(level) else {
            for rule in deciding {
                self.found.deciding.insert(rule);
            }
            self.found.example.get_or_insert_with(|| self.chosen.clone());
            return Ok(());
        };
        if !self.seen.insert((level, alive.clone())) {
            return Ok(());
        }
        if !alive.meets(&column.asking) {
            return self.choose(None, alive, budget);
        }
        budget.spend(column.holding.len() * alive.cost())?;
        let mut next: HashSet<Mask> = HashSet::new();
        for (kind, holding) in column.holding.iter().enumerate() {
            let left = alive.both(holding);
            if next.insert(left.clone()) {
                self.choose(Some(kind), left, budget)?;
            }
        }
        Ok(())
    }

    fn choose(&mut self, kind: Option<usize>, alive: Mask, budget: &mut Budget) -> Result<(), TooComplex> {
        self.chosen.push(kind);
        let result = self.visit(alive, budget);
        self.chosen.pop();
        result
    }

    /// The allowing rules of the target that may turn out to decide, and are not known to be missing yet.
    fn may_decide(&self, alive: &Mask, level: usize) -> Vec<usize> {
        let mut deciding = Vec::new();
        for rule in alive.descending().filter(|rule| *rule < self.question.rules.theirs) {
            if !self.question.rules.inverted[rule] && !self.found.deciding.has(rule) {
                deciding.push(rule);
            }
            if self.settled[level].has(rule) {
                break;
            }
        }
        deciding
    }

    /// Is the actor allowed it whatever the values are that are not chosen yet?
    fn surely_allowed(&self, alive: &Mask, level: usize) -> bool {
        for rule in alive.descending().take_while(|rule| *rule >= self.question.rules.theirs) {
            if self.question.rules.inverted[rule] {
                return false;
            }
            if self.settled[level].has(rule) {
                return true;
            }
        }
        false
    }
}
