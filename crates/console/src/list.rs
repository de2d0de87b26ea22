//! Pages of lists.

use crate::api::query;

/// Where in a list a page is.
#[derive(Clone, Debug)]
pub(crate) struct Pager {
    path: String,
    others: Vec<(String, String)>,
    page: u64,
    size: u64,
    /// Entries in the whole list.
    pub(crate) total: u64,
}

impl Pager {
    /// For a list at this path. `others` are further parameters of its address; `page` begins at 1.
    pub(crate) fn new(path: impl Into<String>, others: &[(&str, &str)], page: u64, size: u64) -> Self {
        let others = others.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { path: path.into(), others, page: page.clamp(1, 1_000_000), size: size.max(1), total: 0 }
    }

    /// The same, once the list says how long it is.
    #[must_use]
    pub(crate) fn of(self, total: u64) -> Self {
        Self { total, ..self }
    }

    /// Entries before this page.
    pub(crate) fn offset(&self) -> u64 {
        (self.page - 1) * self.size
    }

    /// Which page it is, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.page
    }

    /// Entries on a page.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The entries of this page, of a list that is there as a whole.
    pub(crate) fn cut<T>(&self, whole: Vec<T>) -> Vec<T> {
        let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        whole.into_iter().skip(count(self.offset())).take(count(self.size)).collect()
    }

    pub(crate) fn is_needed(&self) -> bool {
        self.total > self.size || self.page > 1
    }

    pub(crate) fn first(&self) -> u64 {
        self.total.min(self.offset() + 1)
    }

    pub(crate) fn last(&self) -> u64 {
        self.total.min(self.offset() + self.size)
    }

    pub(crate) fn before(&self) -> Option<String> {
        (self.page > 1).then(|| self.at(self.page - 1))
    }

    pub(crate) fn after(&self) -> Option<String> {
        (self.last() < self.total).then(|| self.at(self.page + 1))
    }

    fn at(&self, page: u64) -> String {
        let page = page.to_string();
        let others = self.others.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        format!("{}{}", self.path, query(others.chain([("page", page.as_str())])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_lead_to_their_neighbours() {
        let pager = Pager::new("/x", &[("search", "a b"), ("sort", "")], 2, 10).of(25);
        assert_eq!((pager.offset(), pager.first(), pager.last()), (10, 11, 20));
        assert_eq!(pager.before().as_deref(), Some("/x?search=a+b&page=1"));
        assert_eq!(pager.after().as_deref(), Some("/x?search=a+b&page=3"));
        let last = Pager::new("/x", &[], 3, 10).of(25);
        assert_eq!((last.last(), last.after()), (25, None));
        assert!(!Pager::new("/x", &[], 1, 10).of(10).is_needed());
        assert_eq!(last.cut((0..25).collect::<Vec<_>>()), [20, 21, 22, 23, 24]);
    }
}
