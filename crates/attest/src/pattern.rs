//! Lists of allowed values, exact or as globs, in the comma lists of the wire.

use vouchsafe_policy::Glob;

use crate::Issue;

/// Longest comma list that is read, in bytes.
const MOST_BYTES: usize = 8 * 1024;
/// Most entries of one list.
const MOST_ENTRIES: usize = 100;

/// What a single star does at a slash.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Star {
    /// Stays within its segment; `**` crosses.
    Stays,
    /// Crosses as well.
    Crosses,
}

/// One allowed value.
#[derive(Clone, Debug)]
enum Pattern {
    Exact(String),
    Glob(Glob),
}

impl Pattern {
    fn matches(&self, value: &str) -> bool {
        match self {
            Self::Exact(text) => text == value,
            Self::Glob(glob) => glob.matches(value),
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Exact(text) => text,
            Self::Glob(glob) => glob.pattern(),
        }
    }

    /// How many bytes of the value could be the beginning of something that matches.
    fn agrees_up_to(&self, value: &str) -> usize {
        match self {
            Self::Exact(text) => text.bytes().zip(value.bytes()).take_while(|(a, b)| a == b).count(),
            Self::Glob(glob) => glob.agrees_up_to(value),
        }
    }
}

/// Allowed values. Matches what one of them matches; an empty list matches nothing.
#[derive(Clone, Debug, Default)]
pub struct Patterns(Vec<Pattern>);

impl Patterns {
    /// Reads a comma list of values in which glob characters count (`auth-methods.md` section 2.7).
    pub fn globs(field: &str, list: &str) -> Result<Self, Issue> {
        Self::globs_in(Star::Stays, field, list)
    }

    /// The same, with a say about what a star does.
    pub fn globs_in(star: Star, field: &str, list: &str) -> Result<Self, Issue> {
        let entries = split(field, list)?.into_iter();
        entries.map(|text| pattern(star, field, text)).collect::<Result<_, _>>().map(Self)
    }

    /// One value in which glob characters count; commas have no meaning.
    pub fn one_glob(star: Star, field: &str, text: &str) -> Result<Self, Issue> {
        bounded(field, text)?;
        Ok(Self(if text.is_empty() { Vec::new() } else { vec![pattern(star, field, text)?] }))
    }

    /// Reads a comma list of exact values.
    pub fn exact(field: &str, list: &str) -> Result<Self, Issue> {
        Ok(Self(split(field, list)?.into_iter().map(|text| Pattern::Exact(text.to_owned())).collect()))
    }

    /// Says, for administrators, how a value misses: from which pattern it differs and after which beginning.
    pub fn miss(&self, value: &str) -> String {
        let nearest = self.0.iter().max_by_key(|pattern| pattern.agrees_up_to(value));
        let Some(nearest) = nearest else { return format!("is {value:?}; nothing is allowed") };
        let mut end = nearest.agrees_up_to(value);
        while !value.is_char_boundary(end) {
            end -= 1;
        }
        match &value[..end] {
            "" => format!("is {value:?}; expected {:?}", nearest.text()),
            beginning => format!("is {value:?}; differs from {:?} after {beginning:?}", nearest.text()),
        }
    }

    /// Whether nothing is listed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the value is allowed.
    pub fn matches(&self, value: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(value))
    }

    /// Whether the value is allowed, or everything is as nothing is listed.
    pub fn admit(&self, value: &str) -> bool {
        self.is_empty() || self.matches(value)
    }
}

fn bounded(field: &str, text: &str) -> Result<(), Issue> {
    if text.len() > MOST_BYTES {
        return Err(Issue::new(field, format!("Expected at most {MOST_BYTES} bytes")));
    }
    Ok(())
}

/// The entries of a comma list, trimmed; blank ones are left out.
pub fn split<'t>(field: &str, list: &'t str) -> Result<Vec<&'t str>, Issue> {
    bounded(field, list)?;
    let entries: Vec<&str> = list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect();
    if entries.len() > MOST_ENTRIES {
        return Err(Issue::new(field, format!("Expected at most {MOST_ENTRIES} entries")));
    }
    Ok(entries)
}

/// A comma list as the wire shows it: `a, b`.
pub fn normalized(field: &str, list: &str) -> Result<String, Issue> {
    Ok(split(field, list)?.join(", "))
}

fn pattern(star: Star, field: &str, text: &str) -> Result<Pattern, Issue> {
    if !text.contains(['*', '?', '[', '{', '\\', '!', '(']) {
        return Ok(Pattern::Exact(text.to_owned()));
    }
    let glob = match star {
        Star::Stays => Glob::new(text),
        Star::Crosses => Glob::crossing(text),
    };
    glob.map(Pattern::Glob).map_err(|error| Issue::new(field, format!("Expected a usable pattern: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_exact_or_globs() {
        let list = Patterns::globs("allowedNames", " web, api-* ,, db").unwrap();
        for (value, allowed) in
            [("web", true), ("api-1", true), ("db", true), ("web1", false), ("", false), ("api", false)]
        {
            assert_eq!(list.matches(value), allowed, "{value}");
        }
        assert!(Patterns::globs("f", "").unwrap().admit("anything"));
        assert!(!Patterns::globs("f", "").unwrap().matches("anything"));
        assert!(!Patterns::exact("f", "a*").unwrap().matches("ab"));
        assert_eq!(normalized("f", "a,b ,  c").unwrap(), "a, b, c");
    }

    #[test]
    fn a_miss_says_where_it_begins() {
        let list = Patterns::globs("f", "repo:acme/app:ref:main, repo:acme/web:*").unwrap();
        let said = list.miss("repo:acme/app:ref:tags");
        let end = "differs from \"repo:acme/app:ref:main\" after \"repo:acme/app:ref:\"";
        assert_eq!(said, format!("is \"repo:acme/app:ref:tags\"; {end}"));
    }

    #[test]
    fn a_star_stays_or_crosses() {
        for (star, crosses) in [(Star::Stays, false), (Star::Crosses, true)] {
            let list = Patterns::one_glob(star, "f", "repo:acme/app:*").unwrap();
            assert!(list.matches("repo:acme/app:main"));
            assert_eq!(list.matches("repo:acme/app:ref:refs/heads/main"), crosses);
            assert!(!list.matches("repo:other/app:main"));
        }
    }

    #[test]
    fn lists_are_bounded() {
        assert!(split("f", &"a".repeat(MOST_BYTES + 1)).is_err());
        assert!(split("f", &"a,".repeat(MOST_ENTRIES + 1)).is_err());
    }
}
