//! Patterns, against a matcher that works on segments and tries everything.

use proptest::prelude::*;
use vouchsafe_policy::Glob;

#[derive(Debug, Clone)]
enum Piece {
    Char(char),
    Any,
    Star,
    Stars,
    Set(bool, Vec<char>),
    Braces(Vec<Vec<Piece>>),
}

fn plain_piece() -> impl Strategy<Value = Piece> {
    let char = || prop::sample::select(vec!['a', 'b', '.']);
    prop_oneof![
        4 => char().prop_map(Piece::Char),
        3 => Just(Piece::Char('/')),
        1 => Just(Piece::Any),
        2 => Just(Piece::Star),
        2 => Just(Piece::Stars),
        1 => (any::<bool>(), prop::collection::vec(char(), 1..3)).prop_map(|(not, set)| Piece::Set(not, set)),
    ]
}

fn piece() -> impl Strategy<Value = Piece> {
    let braces = prop::collection::vec(prop::collection::vec(plain_piece(), 0..3), 2..4);
    prop_oneof![8 => plain_piece(), 1 => braces.prop_map(Piece::Braces)]
}

fn write(pieces: &[Piece]) -> String {
    let one = |piece: &Piece| match piece {
        Piece::Char(char) => char.to_string(),
        Piece::Any => "?".to_owned(),
        Piece::Star => "*".to_owned(),
        Piece::Stars => "**".to_owned(),
        Piece::Set(not, set) => {
            format!("[{}{}]", if *not { "!" } else { "" }, set.iter().collect::<String>())
        }
        Piece::Braces(choices) => {
            format!("{{{}}}", choices.iter().map(|choice| write(choice)).collect::<Vec<_>>().join(","))
        }
    };
    pieces.iter().map(one).collect()
}

/// Every way to choose one of each braces.
fn choices(pieces: &[Piece]) -> Vec<Vec<Piece>> {
    let mut all = vec![Vec::new()];
    for piece in pieces {
        let options = match piece {
            Piece::Braces(options) => options.clone(),
            plain => vec![vec![plain.clone()]],
        };
        all = all
            .iter()
            .flat_map(|start| options.iter().map(|option| [start.as_slice(), option].concat()))
            .collect();
    }
    all
}

fn is_star(piece: &Piece) -> bool {
    matches!(piece, Piece::Star | Piece::Stars)
}

fn segment_matches(pattern: &[Piece], value: &[char]) -> bool {
    match pattern {
        [] => value.is_empty(),
        [first, rest @ ..] if is_star(first) => {
            (0..=value.len()).any(|taken| segment_matches(rest, &value[taken..]))
        }
        [first, rest @ ..] => value.split_first().is_some_and(|(char, after)| {
            let fits = match first {
                Piece::Char(wanted) => wanted == char,
                Piece::Set(not, set) => set.contains(char) != *not,
                _ => true,
            };
            fits && segment_matches(rest, after)
        }),
    }
}

fn segments_match(pattern: &[&[Piece]], value: &[&[char]]) -> bool {
    match pattern {
        [] => value.is_empty(),
        // A run of two or more stars that is a segment of its own.
        [first, rest @ ..] if crosses(first) => {
            (0..=value.len()).any(|taken| segments_match(rest, &value[taken..]))
        }
        [first, rest @ ..] => value.split_first().is_some_and(|(segment, after)| {
            let empty_star = matches!(first, [Piece::Star]) && segment.is_empty();
            !empty_star && segment_matches(first, segment) && segments_match(rest, after)
        }),
    }
}

fn crosses(segment: &[Piece]) -> bool {
    !segment.is_empty()
        && segment.iter().all(is_star)
        && (segment.len() > 1 || matches!(segment, [Piece::Stars]))
}

fn reference(pieces: &[Piece], value: &str) -> bool {
    let chars: Vec<char> = value.chars().collect();
    choices(pieces).iter().any(|pieces| {
        let pattern: Vec<&[Piece]> = pieces.split(|piece| matches!(piece, Piece::Char('/'))).collect();
        let matches = |chars: &[char]| {
            let value: Vec<&[char]> = chars.split(|char| *char == '/').collect();
            segments_match(&pattern, &value)
        };
        let lenient = matches!(pieces.last(), Some(Piece::Star | Piece::Stars | Piece::Set(..)));
        matches(&chars) || (lenient && chars.last() == Some(&'/') && matches(&chars[..chars.len() - 1]))
    })
}

/// All short values over a small alphabet; conditions never see an empty one.
fn values() -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    let mut last = vec![String::new()];
    for _ in 0..5 {
        last = last.iter().flat_map(|value| ["a", "b", "/"].map(|char| format!("{value}{char}"))).collect();
        values.extend(last.iter().cloned());
    }
    values
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn matches_what_the_reference_matches(pieces in prop::collection::vec(piece(), 1..7)) {
        let pattern = write(&pieces);
        let Ok(glob) = Glob::new(&pattern) else { return Err(TestCaseError::reject("refused")) };
        for value in values() {
            prop_assert_eq!(glob.matches(&value), reference(&pieces, &value), "{} on {}", pattern, value);
        }
    }

    #[test]
    fn never_panics(pattern in "[ab/*?\\[\\]{},!^\\\\.é()-]{0,20}", value in "[ab/é*{}]{0,8}") {
        if let Ok(glob) = Glob::new(&pattern) {
            glob.matches(&value);
        }
    }
}

#[test]
fn patterns_of_the_contract() {
    let table: [(&str, &[&str], &[&str]); 15] = [
        ("/app/**", &["/app", "/app/", "/app/x", "/app/x/y"], &["/", "/apps", "/application/x"]),
        ("/**", &["/", "/a", "/a/b"], &["a"]),
        ("**", &["/", "a", "/a/b"], &[]),
        ("/*", &["/a", "/a/"], &["/", "/a/b"]),
        ("*", &["dev"], &["/dev", "a/b"]),
        ("/a/**/b", &["/a/b", "/a/x/b", "/a/x/y/b"], &["/ab", "/a/xb", "/b"]),
        ("prod-?", &["prod-1", "prod-é"], &["prod-", "prod-12", "prod-/"]),
        ("[a-c]x", &["ax", "cx"], &["dx", "-x"]),
        ("[!a]x", &["bx"], &["ax", "/x"]),
        ("{dev,prod/**}", &["dev", "prod", "prod/x"], &["qa", "dev/x"]),
        ("/{a,{b,c}d}/e", &["/a/e", "/bd/e", "/cd/e"], &["/b/e", "/d/e"]),
        ("DB_*", &["DB_", "DB_URL"], &["db_url", "XDB_URL"]),
        ("a.b+c", &["a.b+c"], &["axb+c", "a.bbc"]),
        ("\\*\\{a,b}", &["*{a,b}"], &["xa", "*a"]),
        ("/{{identity.id}}/x", &["/{{identity.id}}/x"], &["/1/x"]),
    ];
    for (pattern, matching, others) in table {
        let glob = Glob::new(pattern).expect(pattern);
        for value in matching {
            assert!(glob.matches(value), "{pattern} does not match {value}");
        }
        for value in others {
            assert!(!glob.matches(value), "{pattern} matches {value}");
        }
    }
    for blank in ["", "  "] {
        let glob = Glob::new(blank).expect("blank");
        assert!(!glob.matches("") && !glob.matches(" ") && !glob.matches("a"));
    }
}

#[test]
fn a_crossing_star_takes_slashes_and_all_else_stays() {
    let table: &[(&str, &[&str], &[&str])] = &[
        ("repo:acme/*", &["repo:acme/a", "repo:acme/a/b", "repo:acme/a/"], &["repo:acme", "repo:other/a"]),
        ("*", &["a", "a/b", "/"], &[""]),
        ("a/*/c", &["a/b/c", "a/b/x/c"], &["a/c", "ab/c"]),
        ("*a", &["a", "ba", "b/a"], &["ab"]),
        ("a/**", &["a", "a/b", "a/b/c"], &["ab"]),
        ("**/a", &["a", "b/a", "b/c/a"], &["ba"]),
        ("a**b", &["ab", "a/b", "axxb"], &["a"]),
        ("{a,b}/*", &["a/x/y"], &["c/x"]),
        ("a?c", &["abc"], &["a/c"]),
    ];
    for (pattern, matching, others) in table {
        let glob = Glob::crossing(pattern).expect(pattern);
        for value in *matching {
            assert!(glob.matches(value), "{pattern} does not match {value}");
        }
        for value in *others {
            assert!(!glob.matches(value), "{pattern} matches {value}");
        }
    }
}
