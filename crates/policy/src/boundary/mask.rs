//! Sets of rules.

/// A set of small numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Mask(Box<[u64]>);

impl Mask {
    /// An empty set, with room for numbers below `size`.
    pub(super) fn empty(size: usize) -> Self {
        Self(vec![0; size.div_ceil(64)].into_boxed_slice())
    }

    /// All numbers below `size`.
    pub(super) fn full(size: usize) -> Self {
        let mut mask = Self::empty(size);
        (0..size).for_each(|member| mask.insert(member));
        mask
    }

    pub(super) fn insert(&mut self, member: usize) {
        if let Some(word) = self.0.get_mut(member / 64) {
            *word |= 1 << (member % 64);
        }
    }

    pub(super) fn remove(&mut self, member: usize) {
        if let Some(word) = self.0.get_mut(member / 64) {
            *word &= !(1 << (member % 64));
        }
    }

    pub(super) fn has(&self, member: usize) -> bool {
        self.0.get(member / 64).is_some_and(|word| word >> (member % 64) & 1 == 1)
    }

    pub(super) fn join(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }

    /// What is in both.
    pub(super) fn both(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, other)| one & other).collect())
    }

    /// What is in this one and not in the other.
    pub(super) fn without(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, other)| one & !other).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(super) fn least(&self) -> Option<usize> {
        let (at, word) = self.0.iter().enumerate().find(|(_, word)| **word != 0)?;
        Some(at * 64 + word.trailing_zeros() as usize)
    }

    /// The members, the greatest first.
    pub(super) fn descending(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().rev().flat_map(|(at, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let top = 63_usize.checked_sub(rest.leading_zeros() as usize)?;
                rest &= !(1 << top);
                Some(at * 64 + top)
            })
        })
    }

    /// Roughly what an operation costs.
    pub(super) fn cost(&self) -> usize {
        1 + self.0.len()
    }
}
