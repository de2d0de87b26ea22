//! Tables of text.

use crate::failure::Outcome;
use crate::printer::{Printer, Style};

/// Prints rows below their headings, in columns as wide as they need to be; the last column ends where its text does.
pub(crate) fn print<const N: usize>(printer: &Printer, headings: [&str; N], rows: &[[String; N]]) -> Outcome {
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
    printer.data(printer.styled(&line(headings), Style::Bold))?;
    rows.iter().try_for_each(|row| printer.data(line(row.each_ref().map(String::as_str))))
}
