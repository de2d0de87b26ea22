//! YAML (and so JSON) as a tree that knows its lines.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

/// A value, and the line on which it begins.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Counted from 1; 0 if it is not known.
    pub(super) line: u64,
    pub(super) value: Tree,
}

/// What stands there.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree {
    Null,
    Flag(bool),
    Number(i64),
    /// A number with a fraction, or one that is too large: no field takes it.
    Other(&'static str),
    Text(String),
    List(Vec<Node>),
    /// Names with their lines, in order; the parser refuses the same name twice.
    Map(Vec<(u64, String, Node)>),
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Tree {
    /// What it is, for an error.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Flag(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Other(what) => what,
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Spanned::<Tree>::deserialize(deserializer)?;
        Ok(Self { line: read.referenced.line(), value: read.value })
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Flag(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Number(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Tree, E> {
        Ok(i64::try_from(value).map_or(Tree::Other("a number that is too large"), Tree::Number))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Tree, E> {
        Ok(Tree::Other("a number with a fraction"))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tree, A::Error> {
        let mut all = Vec::new();
        while let Some(node) = list.next_element()? {
            all.push(node);
        }
        Ok(Tree::List(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut all = Vec::new();
        while let Some((name, node)) = map.next_entry::<Spanned<String>, Node>()? {
            all.push((name.referenced.line(), name.value, node));
        }
        Ok(Tree::Map(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Node {
        serde_saphyr::from_multiple::<Node>(text).unwrap().remove(0)
    }

    #[test]
    fn values_keep_their_types_and_lines() {
        let node = one("a: 1\nb: [x, true]\n\nc:\n  d: '1'\n  e: ~\n  f: 1.5\n");
        let Tree::Map(entries) = &node.value else { panic!("{node:?}") };
        let lines: Vec<_> = entries.iter().map(|(line, name, _)| (*line, name.as_str())).collect();
        assert_eq!(lines, [(1, "a"), (2, "b"), (4, "c")]);
        assert_eq!(entries[0].2.value, Tree::Number(1));
        let Tree::List(list) = &entries[1].2.value else { panic!("{node:?}") };
        assert_eq!((&list[0].value, &list[1].value), (&Tree::Text("x".to_owned()), &Tree::Flag(true)));
        let Tree::Map(inner) = &entries[2].2.value else { panic!("{node:?}") };
        assert_eq!((inner[0].0, &inner[0].2.value), (5, &Tree::Text("1".to_owned())));
        assert_eq!((&inner[1].2.value, inner[2].2.value.what()), (&Tree::Null, "a number with a fraction"));
    }

    #[test]
    fn json_is_read_too_and_names_come_once() {
        assert_eq!(one(r#"{"a": {"b": [1, null, "x"]}}"#), one("a: {b: [1, ~, x]}"));
        assert!(serde_saphyr::from_multiple::<Node>("a: 1\na: 2\n").is_err());
    }
}
