//! Tables of text.

use crate::failure::Outcome;
use crate::printer::{Printer, Style};

/// Prints rows below their headings, in columns as wide as they need to be; the last column ends where its text does.
pub(crate) fn print<const N: usize>(printer: &Printer, headings: [&str; N], rows: &[[String; N]]) -> Outcome {
    let mut lines = lines(headings, rows).into_iter();
    if let Some(head) = lines.next() {
        printer.data(printer.styled(&head, Style::Bold))?;
    }
    lines.try_for_each(|line| printer.data(line))
}

/// The same as lines of text, the headings first.
pub(crate) fn lines<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> Vec<String> {
    let mut widths = headings.map(|heading| heading.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |cells: [&str; N]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let rows = rows.iter().map(|row| line(row.each_ref().map(String::as_str)));
    std::iter::once(line(headings)).chain(rows).collect()
}
