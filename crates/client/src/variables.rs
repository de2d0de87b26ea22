//! Which secrets a program may get as environment variables.

use vouchsafe_api::secrets::{Secret, SecretList};

/// Variables that decide how programs are found and run; a secret of such a name is not passed on.
const RESERVED: [&str; 14] = [
    "HOME",
    "PATH",
    "PWD",
    "SHELL",
    "USER",
    "TERM",
    "IFS",
    "ENV",
    "BASH_ENV",
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "LD_AUDIT",
    "DYLD_INSERT_LIBRARIES",
    "DYLD_LIBRARY_PATH",
];

/// A name that an environment variable can have (POSIX.1-2017, Base Definitions, section 8.1).
pub fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Why a secret is not passed on as a variable; `None` if it is.
pub fn refused(name: &str, value: &str) -> Option<&'static str> {
    if !is_name(name) || RESERVED.contains(&name) {
        return Some("no such variable can be set");
    }
    value.contains('\0').then_some("it contains a NUL character")
}

/// All secrets of a list, so that of those with one name the last one counts: a folder's own win over those of folders below
/// and over imported ones, and later imports over earlier ones.
pub fn weakest_first(list: SecretList) -> impl Iterator<Item = Secret> {
    let mut own = list.secrets;
    own.sort_by(|a, b| (depth(b), &b.secret_path).cmp(&(depth(a), &a.secret_path)));
    list.imports.into_iter().flat_map(|import| import.secrets).chain(own)
}

/// How many folders are above.
fn depth(secret: &Secret) -> usize {
    secret.secret_path.split('/').filter(|name| !name.is_empty()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_decides_how_programs_run_is_not_passed_on() {
        for name in ["A", "_a1"] {
            assert_eq!(refused(name, "x"), None);
        }
        for name in ["", "1A", "A-B", "Ä", "PATH", "LD_PRELOAD", "BASH_ENV"] {
            assert_eq!(refused(name, "x"), Some("no such variable can be set"), "{name}");
        }
        assert_eq!(refused("A", "x\0y"), Some("it contains a NUL character"));
    }
}
