//! Charts of granted and refused logins, drawn as SVG.
//!
//! The drawing says what an element is by a class and never how it looks: the style sheet has the colours, for dark and
//! light. The same figures are in a table beside each chart.

use std::fmt::{self, Write};

use askama::{FastWritable, Values};
use plotters::coord::Shift;
use plotters::prelude::*;

/// What is counted for one label.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) granted: i64,
    pub(super) refused: i64,
}

impl Bar {
    fn sum(&self) -> i64 {
        self.granted.saturating_add(self.refused)
    }
}

/// Which way the bars go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Bars {
    /// Upwards, side by side: a course of time.
    Up,
    /// To the right, the first on top: a ranking.
    Across,
}

/// A chart and how it is called.
pub(super) struct Chart<'a> {
    /// Unique on the page.
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    /// What one sees in it, in a sentence.
    pub(super) description: &'a str,
    pub(super) bars: &'a [Bar],
    pub(super) way: Bars,
}

/// A drawing to be put into a page as it is.
#[derive(Debug)]
pub(super) struct Svg(String);

impl fmt::Display for Svg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FastWritable for Svg {
    fn write_into(&self, dest: &mut dyn Write, _: &dyn Values) -> askama::Result<()> {
        Ok(dest.write_str(&self.0)?)
    }
}

impl askama::filters::HtmlSafe for Svg {}

/// Width of a chart whose bars go up, and of one whose bars go across.
const WIDTH: u32 = 760;
const NARROW: u32 = 440;
/// Space for the labels of bars that go across.
const LABELS: u32 = 190;
const HEIGHT: u32 = 240;
/// Height of a bar that goes across, with the space around it.
const ROW: u32 = 30;

/// Colours that stand for classes until the drawing is done.
const INK: RGBColor = RGBColor(1, 1, 1);
const GRID: RGBColor = RGBColor(2, 2, 2);
const GRANTED: RGBColor = RGBColor(3, 3, 3);
const REFUSED: RGBColor = RGBColor(4, 4, 4);
const CLASSES: [(&str, &str); 4] =
    [("#010101", "ink"), ("#020202", "grid"), ("#030303", "granted"), ("#040404", "refused")];

type Drawn = Result<(), Box<dyn std::error::Error + Send + Sync>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

impl Chart<'_> {
    /// Draws the chart; nothing if there is nothing to draw.
    pub(super) fn draw(&self) -> Option<Svg> {
        if self.bars.iter().all(|bar| bar.sum() == 0) {
            return None;
        }
        let size = match self.way {
            Bars::Up => (WIDTH, HEIGHT),
            Bars::Across => (NARROW, ROW * u32::try_from(self.bars.len()).unwrap_or(1) + 40),
        };
        let mut text = String::new();
        let drawn = {
            let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
            match self.way {
                Bars::Up => self.up(&area),
                Bars::Across => self.across(&area),
            }
        };
        if let Err(error) = drawn {
            tracing::error!(%error, "a chart cannot be drawn");
            return None;
        }
        Some(self.dressed(&text, size))
    }

    fn most(&self) -> f64 {
        let most = self.bars.iter().map(Bar::sum).max().unwrap_or(0).max(1);
        float(most) * 1.08
    }

    fn up(&self, area: &Area<'_>) -> Drawn {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(28)
            .y_label_area_size(56)
            .build_cartesian_2d(0.0..float(self.bars.len()), 0.0..self.most())?;
        let label = |at: &f64| self.label_at(*at);
        chart
            .configure_mesh()
            .disable_x_mesh()
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .axis_style(GRID)
            .label_style(words())
            .x_labels(12)
            .x_label_formatter(&label)
            .y_labels(5)
            .y_label_formatter(&whole)
            .draw()?;
        for (number, bar) in self.bars.iter().enumerate() {
            let (left, right) = (float(number) + 0.12, float(number) + 0.88);
            let (granted, sum) = (float(bar.granted), float(bar.sum()));
            chart.draw_series([
                Rectangle::new([(left, 0.0), (right, granted)], GRANTED.filled()),
                Rectangle::new([(left, granted), (right, sum)], REFUSED.filled()),
            ])?;
        }
        Ok(area.present()?)
    }

    fn across(&self, area: &Area<'_>) -> Drawn {
        let count = float(self.bars.len());
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(24)
            .y_label_area_size(LABELS - 8)
            .build_cartesian_2d(0.0..self.most(), 0.0..count)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .axis_style(GRID)
            .label_style(words())
            .x_labels(4)
            .x_label_formatter(&whole)
            .y_labels(0)
            .draw()?;
        for (number, bar) in self.bars.iter().enumerate() {
            let (top, bottom) = (count - float(number) - 0.2, count - float(number) - 0.8);
            let (granted, sum) = (float(bar.granted), float(bar.sum()));
            chart.draw_series([
                Rectangle::new([(0.0, bottom), (granted, top)], GRANTED.filled()),
                Rectangle::new([(granted, bottom), (sum, top)], REFUSED.filled()),
            ])?;
            let (_, middle) = chart.backend_coord(&(0.0, f64::midpoint(top, bottom)));
            let anchor = plotters::style::text_anchor::Pos::new(
                plotters::style::text_anchor::HPos::Right,
                plotters::style::text_anchor::VPos::Center,
            );
            area.draw(&Text::new(
                bar.label.clone(),
                (LABELS.cast_signed() - 6, middle),
                words().pos(anchor),
            ))?;
        }
        Ok(area.present()?)
    }

    fn label_at(&self, at: f64) -> String {
        let is_whole = at.fract().abs() < 1e-6;
        let bar = self.bars.iter().enumerate().find(|(number, _)| (float(*number) - at).abs() < 1e-6);
        bar.filter(|_| is_whole).map(|(_, bar)| bar.label.clone()).unwrap_or_default()
    }

    /// The drawing with its name for those who hear it, and with classes in place of colours.
    fn dressed(&self, drawn: &str, (width, height): (u32, u32)) -> Svg {
        let (_, mut inside) = drawn.split_once('>').map_or(("", String::new()), |(a, b)| (a, b.to_owned()));
        for (colour, class) in CLASSES {
            for attribute in ["fill", "stroke"] {
                inside = inside.replace(&format!("{attribute}=\"{colour}\""), &format!("class=\"{class}\""));
            }
        }
        let (id, title, description) = (self.id, escaped(self.title), escaped(self.description));
        Svg(format!(
            "<svg class=\"chart\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" viewBox=\"0 0 {width} {height}\">\n\
             <title id=\"{id}-title\">{title}</title><desc id=\"{id}-desc\">{description}</desc>{inside}"
        ))
    }
}

fn words() -> TextStyle<'static> {
    ("sans-serif", 15).into_font().color(&INK)
}

/// Counts have no fractions.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "what the drawing library calls")]
fn whole(at: &f64) -> String {
    if at.fract().abs() < 1e-6 { format!("{at:.0}") } else { String::new() }
}

/// Counts are far below what a float holds exactly.
#[allow(clippy::cast_precision_loss, reason = "places in a drawing")]
fn float(count: impl TryInto<i64>) -> f64 {
    count.try_into().unwrap_or(0) as f64
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars() -> Vec<Bar> {
        vec![
            Bar { label: "<script>".to_owned(), granted: 3, refused: 1 },
            Bar { label: "b".to_owned(), granted: 0, refused: 2 },
            Bar::default(),
        ]
    }

    fn drawn(way: Bars) -> String {
        let bars = bars();
        let chart = Chart { id: "c", title: "A & B", description: "<i>", bars: &bars, way };
        chart.draw().unwrap().to_string()
    }

    #[test]
    fn charts_have_a_name_and_no_style_of_their_own() {
        for way in [Bars::Up, Bars::Across] {
            let svg = drawn(way);
            assert!(
                svg.starts_with("<svg class=\"chart\" role=\"img\"") && svg.trim_end().ends_with("</svg>")
            );
            assert!(
                svg.contains("<title id=\"c-title\">A &amp; B</title><desc id=\"c-desc\">&lt;i&gt;</desc>")
            );
            assert!(
                !svg.contains("style=") && !svg.contains("fill=\"#") && !svg.contains("stroke=\"#"),
                "{svg}"
            );
            assert!(!svg.contains("<script>") && svg.contains("&lt;script&gt;"), "{svg}");
            assert!(svg.contains("class=\"granted\"") && svg.contains("class=\"refused\""));
        }
    }

    #[test]
    fn bars_are_as_high_as_their_counts() {
        let svg = drawn(Bars::Up);
        let heights = |class: &str| -> Vec<i64> {
            let rects = svg.lines().filter(|line| line.starts_with("<rect") && line.contains(class));
            let height = |line: &str| line.split("height=\"").nth(1)?.split('"').next()?.parse().ok();
            rects.filter_map(height).collect()
        };
        let (granted, refused) = (heights("granted"), heights("refused"));
        assert_eq!((granted.len(), refused.len(), granted[1]), (3, 3, 0));
        assert!(
            (granted[0] - 3 * refused[0]).abs() <= 3 && (refused[1] - 2 * refused[0]).abs() <= 2,
            "{svg}"
        );
    }

    #[test]
    fn nothing_is_no_chart() {
        let bars = [Bar::default()];
        let chart = Chart { id: "c", title: "", description: "", bars: &bars, way: Bars::Up };
        assert!(chart.draw().is_none());
    }
}
