//! The combinations of values for which the target is allowed something and the actor is not.

use super::budget::{Budget, TooComplex};
use super::mask::Mask;
use super::question::{Column, Question};
use super::quick_hash::QuickSet;

/// What the search found.
pub(super) struct Found {
    /// The rules of the target that allow what the actor may not do.
    pub(super) deciding: Mask,
    /// For each column, the kind of value of the first example; none: any.
    pub(super) example: Option<Vec<Option<usize>>>,
}

struct Search<'a> {
    question: &'a Question<'a>,
    /// For each column, the rules without a condition on it or on any later one.
    settled: Vec<Mask>,
    seen: QuickSet<(usize, Mask)>,
    chosen: Vec<Option<usize>>,
    found: Found,
}

/// Goes through all of them. When that becomes too complex, what was found until then is still true.
pub(super) fn search(question: &Question<'_>, budget: &mut Budget) -> (Found, Result<(), TooComplex>) {
    let size = question.rules.inverted.len();
    let mut search = Search {
        question,
        settled: settled(question),
        seen: QuickSet::default(),
        chosen: Vec::new(),
        found: Found { deciding: Mask::empty(size), example: None },
    };
    let result = search.visit(Mask::full(size), budget);
    (search.found, result)
}

fn settled(question: &Question<'_>) -> Vec<Mask> {
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
        if deciding.is_empty()
            || self.surely_allowed(&alive, level)
            || self.question.rules.in_step(&alive, budget)?
        {
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
        let asking = alive.both(&column.asking);
        if asking.is_empty() {
            return self.choose(None, alive, budget);
        }
        let few: Vec<usize> = asking.descending().take(FEW + 1).collect();
        let next = match few.len() {
            0..=FEW => by_rule(column, &few, alive, budget)?,
            _ => by_kind(column, &alive, budget)?,
        };
        next.into_iter().try_for_each(|(kind, left)| self.choose(Some(kind), left, budget))
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

/// With this many rules to tell apart, kinds of values are sorted by rule.
const FEW: usize = 12;

/// What may be left of the rules, with a kind of value for each: the kinds are split by one rule after the other.
fn by_rule(
    column: &Column,
    asking: &[usize],
    alive: Mask,
    budget: &mut Budget,
) -> Result<Vec<(usize, Mask)>, TooComplex> {
    let mut groups = vec![(Mask::full(column.atoms.len()), alive)];
    for &rule in asking {
        let mut split = Vec::with_capacity(groups.len() + 1);
        for (kinds, left) in groups {
            budget.spend(10 * kinds.cost() + left.cost())?;
            let holding = kinds.both(&column.kinds[rule]);
            let failing = kinds.without(&column.kinds[rule]);
            if !failing.is_empty() {
                let mut left = left.clone();
                left.remove(rule);
                split.push((failing, left));
            }
            if !holding.is_empty() {
                split.push((holding, left));
            }
        }
        groups = split;
    }
    Ok(groups.into_iter().filter_map(|(kinds, left)| Some((kinds.least()?, left))).collect())
}

/// The same, trying one kind of value after the other.
fn by_kind(column: &Column, alive: &Mask, budget: &mut Budget) -> Result<Vec<(usize, Mask)>, TooComplex> {
    budget.spend(column.holding.len() * 4 * alive.cost())?;
    let mut seen: QuickSet<Mask> = QuickSet::default();
    let each = column.holding.iter().enumerate().map(|(kind, holding)| (kind, alive.both(holding)));
    Ok(each.filter(|(_, left)| seen.insert(left.clone())).collect())
}
