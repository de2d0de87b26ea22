//! Where secrets are: a folder, and the addresses of the pages about it.

use http::StatusCode;
use vouchsafe_domain::path::SecretPath;

use super::frame::Frame;
use crate::api::query;
use crate::errors::Trouble;

/// A part of a path that leads to a page.
pub(super) struct Crumb {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) is_last: bool,
}

/// Reads the path of a folder from an address; empty is the root.
pub(super) fn read(text: &str) -> Result<SecretPath, Trouble> {
    SecretPath::parse(text)
        .map_err(|error| Trouble::new(StatusCode::UNPROCESSABLE_ENTITY, format!("This is no path: {error}")))
}

/// The overview of a folder.
pub(super) fn overview(frame: &Frame, path: &SecretPath) -> String {
    format!("{}{}", frame.url(&[]), at(path, &[]))
}

/// A page about a folder in an environment. `parts` come after the environment, `more` into the query.
pub(super) fn inside(
    frame: &Frame,
    environment: &str,
    parts: &[&str],
    path: &SecretPath,
    more: &[(&str, &str)],
) -> String {
    format!("{}{}", frame.url(&[&["secrets", environment], parts].concat()), at(path, more))
}

/// A folder as addresses name it; the root goes without saying.
pub(super) fn short(path: &SecretPath) -> &str {
    if path.is_root() { "" } else { path.as_str() }
}

fn at(path: &SecretPath, more: &[(&str, &str)]) -> String {
    query([("path", short(path))].into_iter().chain(more.iter().copied()))
}

/// The folders from the root to this one, each with its page.
pub(super) fn crumbs(path: &SecretPath, url: impl Fn(&SecretPath) -> String) -> Vec<Crumb> {
    let mut above: Vec<SecretPath> = std::iter::successors(Some(path.clone()), SecretPath::parent).collect();
    above.reverse();
    let crumb = |one: &SecretPath| Crumb {
        name: one.name().unwrap_or("All secrets").to_owned(),
        url: url(one),
        is_last: one == path,
    };
    above.iter().map(crumb).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crumbs_lead_from_the_root_to_the_folder() {
        let path = SecretPath::parse("/app/db").unwrap();
        let crumbs = crumbs(&path, |path| path.as_str().to_owned());
        let seen: Vec<_> =
            crumbs.iter().map(|one| (one.name.as_str(), one.url.as_str(), one.is_last)).collect();
        assert_eq!(seen, [("All secrets", "/", false), ("app", "/app", false), ("db", "/app/db", true)]);
    }

    #[test]
    fn the_root_goes_without_saying() {
        assert_eq!(at(&SecretPath::root(), &[("name", "A")]), "?name=A");
        assert_eq!(at(&SecretPath::parse("/a").unwrap(), &[]), "?path=%2Fa");
    }
}
