//! On which line of a YAML text a key stands.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

/// The keys of a text with their lines; built apart from its types, which keep none.
#[derive(Debug, Default)]
pub(super) struct Lines(Node);

#[derive(Debug, Default)]
enum Node {
    Map(Vec<(String, u64, Node)>),
    List(Vec<Node>),
    #[default]
    Leaf,
}

impl Lines {
    /// Of this text; of one that is no YAML, none.
    pub(super) fn of(text: &str) -> Self {
        Self(serde_saphyr::from_str(text).unwrap_or_default())
    }

    /// The line of a key, or of the nearest key above it: `sinks.0.config.path`.
    pub(super) fn line(&self, path: &str) -> Option<u64> {
        let (mut node, mut line) = (&self.0, None);
        for part in path.split('.') {
            node = match node {
                Node::Map(entries) => {
                    let Some((_, at, below)) = entries.iter().find(|(key, ..)| key == part) else { break };
                    line = Some(*at);
                    below
                }
                Node::List(items) => match part.parse().ok().and_then(|index: usize| items.get(index)) {
                    Some(item) => item,
                    None => break,
                },
                Node::Leaf => break,
            };
        }
        line
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

macro_rules! leaves {
    ($($visit:ident: $type:ty),*) => {$(
        fn $visit<E>(self, _: $type) -> Result<Node, E> { Ok(Node::Leaf) }
    )*};
}

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("anything")
    }

    leaves!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str, visit_bytes: &[u8]);

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_enum<A: serde::de::EnumAccess<'de>>(self, _: A) -> Result<Node, A::Error> {
        Ok(Node::Leaf)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let line = key.referenced.line();
            entries.push((key.value, line, map.next_value()?));
        }
        // What follows a key that is no text is not looked at.
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Node::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_lines() {
        let lines = Lines::of("a: 1\nb:\n  - c: x\n    d: true\n  -\n    e: [1, 2]\nf: null\n");
        for (path, line) in [("a", 1), ("b", 2), ("b.0.d", 4), ("b.1.e", 6), ("f", 7), ("b.0.none", 2)] {
            assert_eq!(lines.line(path), Some(line), "{path}");
        }
        assert_eq!(lines.line("none"), None);
        assert_eq!(Lines::of("{").line("a"), None);
    }
}
