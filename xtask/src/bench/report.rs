//! The table.

use std::time::Duration;

use super::load::Measured;
use super::usage::Cpu;

/// One line of the table.
pub(crate) struct Row {
    pub(crate) scenario: String,
    pub(crate) engine: &'static str,
    pub(crate) connections: usize,
    pub(crate) measured: Measured,
    pub(crate) cpu: Cpu,
    pub(crate) memory: u64,
    /// Requests per second of the bare server with as many connections.
    pub(crate) bare: Option<f64>,
}

impl Row {
    /// Requests per second.
    pub(crate) fn rate(&self) -> f64 {
        let seconds = Duration::from_nanos(self.measured.nanoseconds).as_secs_f64();
        if seconds > 0.0 { to_f64(self.measured.answered) / seconds } else { 0.0 }
    }

    fn cells(&self) -> [String; 12] {
        let per_request = self.cpu.server.as_secs_f64() * 1e6 / to_f64(self.measured.answered.max(1));
        [
            self.scenario.clone(),
            self.engine.to_owned(),
            self.connections.to_string(),
            format!("{:.0}", self.rate()),
            milliseconds(self.measured.p50),
            milliseconds(self.measured.p99),
            self.cpu.server.as_millis().to_string(),
            format!("{per_request:.1}"),
            self.cpu.database.as_millis().to_string(),
            self.measured.loader_cpu.to_string(),
            mebibytes(self.memory),
            self.bare.map_or_else(|| "-".to_owned(), |bare| format!("{:.3}", self.rate() / bare)),
        ]
    }
}

const TITLES: [&str; 12] = [
    "scenario",
    "engine",
    "conns",
    "req/s",
    "p50 ms",
    "p99 ms",
    "CPU ms",
    "CPU µs/req",
    "db CPU ms",
    "load CPU ms",
    "RSS MiB",
    "of bare",
];

/// Prints the rows below their titles, the first two columns to the left and the rest to the right.
pub(crate) fn print(rows: &[Row]) {
    let mut lines = vec![TITLES.map(str::to_owned)];
    lines.extend(rows.iter().map(Row::cells));
    let widths: Vec<usize> = (0..TITLES.len())
        .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default())
        .collect();
    println!();
    for line in lines {
        let cells = line.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            if column < 2 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        println!("{}", cells.collect::<Vec<_>>().join("  "));
    }
    println!();
}

/// Bytes as MiB.
pub(crate) fn mebibytes(bytes: u64) -> String {
    format!("{:.1}", to_f64(bytes) / f64::from(1 << 20))
}

/// Nanoseconds as milliseconds.
pub(crate) fn milliseconds(nanoseconds: u64) -> String {
    format!("{:.3}", to_f64(nanoseconds) / 1e6)
}

#[allow(clippy::cast_precision_loss, reason = "for people to read")]
fn to_f64(number: u64) -> f64 {
    number as f64
}
