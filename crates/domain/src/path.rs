//! Where secrets live: folders and the paths to them.

/// The name of a folder: 1 to 255 ASCII letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FolderName(String);

/// The text cannot name a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Invalid folder name. Only alphanumeric characters, dashes, and underscores are allowed.")]
pub struct InvalidFolderName;

impl FolderName {
    /// The greatest length in characters.
    pub const MAX_LENGTH: usize = 255;

    /// Trims the text and checks it.
    pub fn parse(text: &str) -> Result<Self, InvalidFolderName> {
        let name = text.trim();
        if is_segment(name) { Ok(Self(name.to_owned())) } else { Err(InvalidFolderName) }
    }
}

checked_string!(FolderName);
parsed_by!(FolderName, InvalidFolderName);

/// The absolute path of a folder in normal form: `/` for the root, else `/a/b` without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretPath(String);

/// The text is not the path of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPath {
    /// A part is not a folder name.
    #[error("expected a path such as /app/db, its parts of letters, digits, dashes and underscores")]
    Segment,
    /// Too many parts.
    #[error("expected a path of at most 50 folders")]
    TooDeep,
    /// Too long.
    #[error("expected a path of at most 4096 bytes")]
    TooLong,
}

impl SecretPath {
    /// The greatest number of parts.
    pub const MAX_SEGMENTS: usize = 50;
    /// The greatest length in bytes, in normal form.
    pub const MAX_BYTES: usize = 4096;

    /// Trims the text, adds a missing slash in front, takes one from the end, and checks every part. An empty text
    /// is the root.
    pub fn parse(text: &str) -> Result<Self, InvalidPath> {
        let text = text.trim();
        let inner = text.strip_prefix('/').unwrap_or(text);
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        if inner.is_empty() {
            return Ok(Self::root());
        }
        if inner.len() >= Self::MAX_BYTES {
            return Err(InvalidPath::TooLong);
        }
        if inner.split('/').count() > Self::MAX_SEGMENTS {
            return Err(InvalidPath::TooDeep);
        }
        if !inner.split('/').all(is_segment) {
            return Err(InvalidPath::Segment);
        }
        Ok(Self(format!("/{inner}")))
    }

    /// The root, `/`.
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0 == "/"
    }

    /// The path of the folder `name` in here; fails when that is too deep or too long.
    pub fn join(&self, name: &FolderName) -> Result<Self, InvalidPath> {
        Self::parse(&format!("{}/{name}", self.inner_prefix()))
    }

    /// The path of the folder that this one is in; none for the root.
    pub fn parent(&self) -> Option<Self> {
        let (parent, _) = self.split_last()?;
        Some(if parent.is_empty() { Self::root() } else { Self(parent.to_owned()) })
    }

    /// The name of this folder; none for the root.
    pub fn name(&self) -> Option<&str> {
        self.split_last().map(|(_, name)| name)
    }

    /// The names of the folders from the root on; none for the root.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|segment| !segment.is_empty())
    }

    /// Whether this is `ancestor` or a folder somewhere below it. `/ab` does not start with `/a`.
    pub fn starts_with(&self, ancestor: &Self) -> bool {
        self.0
            .strip_prefix(ancestor.inner_prefix())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The text that the paths below have in front of a slash: empty for the root.
    fn inner_prefix(&self) -> &str {
        if self.is_root() { "" } else { &self.0 }
    }

    fn split_last(&self) -> Option<(&str, &str)> {
        if self.is_root() { None } else { self.0.rsplit_once('/') }
    }
}

impl Default for SecretPath {
    fn default() -> Self {
        Self::root()
    }
}

checked_string!(SecretPath);
parsed_by!(SecretPath, InvalidPath);

fn is_segment(text: &str) -> bool {
    (1..=FolderName::MAX_LENGTH).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(text: &str) -> SecretPath {
        SecretPath::parse(text).unwrap()
    }

    #[test]
    fn paths_are_brought_to_normal_form() {
        for (text, normal) in
            [("", "/"), ("/", "/"), ("app", "/app"), ("/app/", "/app"), (" /app/db-1/x_y ", "/app/db-1/x_y")]
        {
            assert_eq!(path(text).as_str(), normal, "{text:?}");
        }
        for text in ["/a//b", "/a//", "//a", "/a b", "/..", "/./a", "/a/*", "/é", "/a\0", "a\\b", "/a/%2e"] {
            assert_eq!(SecretPath::parse(text), Err(InvalidPath::Segment), "{text:?}");
        }
    }

    #[test]
    fn paths_are_bounded() {
        assert!(SecretPath::parse(&"/a".repeat(50)).is_ok());
        assert_eq!(SecretPath::parse(&"/a".repeat(51)), Err(InvalidPath::TooDeep));
        assert_eq!(path(&"/a".repeat(50)).join(&FolderName::parse("b").unwrap()), Err(InvalidPath::TooDeep));
        assert_eq!(SecretPath::parse(&format!("/{}", "a".repeat(256))), Err(InvalidPath::Segment));
        let long = format!("/{}", "a".repeat(255)).repeat(16);
        assert_eq!(path(&long).as_str().len(), SecretPath::MAX_BYTES);
        assert_eq!(SecretPath::parse(&format!("{long}/a")), Err(InvalidPath::TooLong));
    }

    #[test]
    fn names_of_folders() {
        assert_eq!(FolderName::parse(" db_1 ").unwrap().as_str(), "db_1");
        for text in ["", "a/b", "a.b", "..", "a b"] {
            assert_eq!(
                FolderName::parse(text).unwrap_err().to_string(),
                "Invalid folder name. Only alphanumeric characters, dashes, and underscores are allowed."
            );
        }
    }

    #[test]
    fn starts_with_goes_by_whole_folders() {
        for (below, above, expected) in [
            ("/a/b", "/a", true),
            ("/a", "/a", true),
            ("/a", "/", true),
            ("/", "/", true),
            ("/ab", "/a", false),
            ("/a", "/a/b", false),
            ("/", "/a", false),
        ] {
            assert_eq!(path(below).starts_with(&path(above)), expected, "{below} {above}");
        }
    }

    proptest! {
        #[test]
        fn parsing_is_idempotent(text in "[/a-c._ -]{0,20}|\\PC{0,20}") {
            if let Ok(parsed) = SecretPath::parse(&text) {
                prop_assert_eq!(SecretPath::parse(parsed.as_str()), Ok(parsed.clone()));
                prop_assert!(parsed.as_str().starts_with('/'));
                prop_assert!(parsed.is_root() || !parsed.as_str().ends_with('/'));
                prop_assert_eq!(format!("/{}", parsed.segments().collect::<Vec<_>>().join("/")), parsed.as_str());
            }
        }

        #[test]
        fn join_and_parent_undo_each_other(names in prop::collection::vec("[A-Za-z0-9_-]{1,8}", 1..=50)) {
            let mut at = SecretPath::root();
            for name in &names {
                let below = at.join(&FolderName::parse(name).unwrap()).unwrap();
                prop_assert_eq!(below.parent(), Some(at.clone()));
                prop_assert_eq!(below.name(), Some(name.as_str()));
                prop_assert!(below.starts_with(&at) && !at.starts_with(&below));
                at = below;
            }
            prop_assert_eq!(at.segments().count(), names.len());
            while let Some(parent) = at.parent() {
                at = parent;
            }
            prop_assert!(at.is_root() && at.name().is_none());
        }
    }
}
