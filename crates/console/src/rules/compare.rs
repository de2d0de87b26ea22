//! Two lists of rules, line by line.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::pretty;

/// Lines around a change that are shown.
const AROUND: usize = 3;

/// A line of a comparison.
#[derive(Debug, PartialEq)]
pub(crate) enum Line {
    /// In both.
    Same(String),
    /// Only before.
    Gone(String),
    /// Only after.
    New(String),
    /// Lines that are the same were left out here.
    Cut,
}

/// What differs, with some lines around; nothing if nothing differs.
pub(crate) fn lines(before: &[Value], after: &[Value]) -> Vec<Line> {
    let (before, after) = (pretty(before), pretty(after));
    let diff = TextDiff::from_lines(&before, &after);
    let mut lines = Vec::new();
    for (at, group) in diff.grouped_ops(AROUND).iter().enumerate() {
        if at > 0 {
            lines.push(Line::Cut);
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let text = change.value().trim_end_matches('\n').to_owned();
            lines.push(match change.tag() {
                ChangeTag::Equal => Line::Same(text),
                ChangeTag::Delete => Line::Gone(text),
                ChangeTag::Insert => Line::New(text),
            });
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_shown() {
        let many: Vec<Value> = (0..20).map(|at| json!(at)).collect();
        assert_eq!(lines(&many, &many), []);
        let mut changed = many.clone();
        changed[1] = json!("x");
        changed[18] = json!("y");
        let shown = lines(&many, &changed);
        assert!(
            shown.contains(&Line::Gone("  1,".to_owned()))
                && shown.contains(&Line::New("  \"y\",".to_owned()))
        );
        assert_eq!(shown.iter().filter(|line| **line == Line::Cut).count(), 1);
        assert!(!shown.contains(&Line::Same("  10,".to_owned())));
    }
}
