//! Whether every block of a template has its end. The engine takes the end of the text for one, and whatever is behind an
//! `{{end}}` too many as not written.

/// A block that was begun.
struct Open<'a> {
    word: &'a str,
    line: usize,
    /// Whether its last `{{else}}` has come.
    is_last: bool,
}

/// Says in which line what is wrong with the blocks of a template that the engine can read.
pub(super) fn check(text: &str) -> Result<(), (usize, String)> {
    let mut open: Vec<Open<'_>> = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(start) = rest.find("{{") {
        line += lines(&rest[..start]);
        rest = &rest[start + 2..];
        let length = length(rest);
        let action = &rest[..length];
        let mut words = action.trim_start_matches('-').split_whitespace();
        // `{{if(eq 1 1)}}` and `{{end -}}` are words too.
        let mut word = || {
            words
                .next()
                .map(|word| word.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(""))
        };
        match word() {
            Some(word @ ("if" | "range" | "with" | "define" | "block")) => {
                open.push(Open { word, line, is_last: false });
            }
            Some("else") => match open.last_mut() {
                Some(block) if !block.is_last && ["if", "range", "with"].contains(&block.word) => {
                    block.is_last = !matches!(word(), Some("if" | "with"));
                }
                _ => return Err((line, "unexpected {{else}}".to_owned())),
            },
            Some("end") if open.pop().is_none() => return Err((line, "unexpected {{end}}".to_owned())),
            _ => {}
        }
        line += lines(action);
        rest = &rest[length..];
    }
    match open.pop() {
        Some(Open { word, line, .. }) => Err((line, format!("{{{{{word}}}}} has no {{{{end}}}}"))),
        None => Ok(()),
    }
}

fn lines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

/// How long an action is, up to its `}}`, which may stand in texts and comments of it.
fn length(action: &str) -> usize {
    let comment = action.trim_start_matches('-').trim_start();
    if comment.starts_with("/*") {
        return action.find("*/").map_or(action.len(), |end| end + 2);
    }
    let (mut quote, mut is_escaped) = (None, false);
    for (at, c) in action.char_indices() {
        match (c, quote) {
            _ if is_escaped => is_escaped = false,
            ('\\', Some('"' | '\'')) => is_escaped = true,
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'' | '`', None) => quote = Some(c),
            ('}', None) if action[at..].starts_with("}}") => return at,
            _ => {}
        }
    }
    action.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_blocks_are_fine() {
        for text in [
            "",
            "}} end {{ . }}{{end_of_text}}",
            "{{if 1}}a{{else if 2}}b{{else}}c{{end}}",
            "{{- range . -}}{{with .}}{{else with 2}}{{ else }}{{- end -}}{{end}}",
            "{{define \"x\"}}{{block \"y\" .}}{{end}}{{end}}",
            "{{/* {{if}} */}}{{- /* {{end}} */ -}}{{\"{{if}} \\\" }}\"}}{{`{{end}}`}}{{'\"'}}{{`\\`}}",
            "{{if(eq 1 1)}}{{end}}{{ifx}}{{$end}}{{.end}}",
            "{{range\n.}}{{break}}{{end}}",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn blocks_that_begin_or_end_alone_are_found() {
        for (text, line, what) in [
            ("a\n{{end}}b", 2, "unexpected {{end}}"),
            ("{{if 1}}\n{{end}}\n{{- end -}}", 3, "unexpected {{end}}"),
            ("\n{{range .}}\n{{if 1}}{{end}}", 2, "{{range}} has no {{end}}"),
            ("{{/* \n */}}{{define \"x\"}}a", 2, "{{define}} has no {{end}}"),
            ("{{else}}", 1, "unexpected {{else}}"),
            ("{{if 1}}{{else}}\n{{else}}{{end}}", 2, "unexpected {{else}}"),
            ("{{define \"x\"}}{{else}}{{end}}", 1, "unexpected {{else}}"),
            ("{{`\n`}}{{with 1}}", 2, "{{with}} has no {{end}}"),
        ] {
            assert_eq!(check(text), Err((line, what.to_owned())), "{text}");
        }
    }
}
