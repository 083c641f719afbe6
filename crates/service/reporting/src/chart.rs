//! A table as an SVG chart: bars, a line, a pie or a funnel of its first figure, by its first column. No script, no font of its own.

use std::fmt::Write as _;

use serde_json::Value as J;

use crate::table::{Table, plain};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 60.0;
const BOTTOM: f64 = 60.0;
const TOP: f64 = 24.0;
/// The most points of a chart; what is behind them is left out, and said so.
const MOST: usize = 60;
const COLOURS: &[&str] = &["#2f6fab", "#e08e2b", "#4b9b6c", "#b4485c", "#7a62a6", "#8a7a55", "#3b9fae", "#666666"];

/// What is drawn: labels and figures.
struct Points {
    labels: Vec<String>,
    figures: Vec<f64>,
    name: String,
    left_out: usize,
}

impl Points {
    fn of(table: &Table) -> Self {
        let is_figure = |column: usize| {
            let mut values =
                table.rows.iter().filter_map(|row| row.get(column)).filter(|value| !value.is_null()).peekable();
            values.peek().is_some() && values.all(|value| figure(value).is_some())
        };
        // Identifiers are numbers too, and no figures.
        let named = |column: usize| table.columns.get(column).is_some_and(|name| name.ends_with("id"));
        let column = (0..table.columns.len()).find(|column| !named(*column) && is_figure(*column));
        let labels = || (0..table.columns.len()).filter(|other| Some(*other) != column);
        // A name says more than an identifier.
        let label = labels().find(|other| !named(*other)).or_else(|| labels().next());
        let at =
            |row: &Vec<J>, place: Option<usize>| place.and_then(|place| row.get(place)).cloned().unwrap_or_default();
        let rows = || table.rows.iter().take(MOST);
        Self {
            labels: rows().map(|row| plain(&at(row, label))).collect(),
            figures: rows().map(|row| figure(&at(row, column)).unwrap_or(0.0)).collect(),
            name: column.and_then(|column| table.columns.get(column)).cloned().unwrap_or_default(),
            left_out: table.rows.len().saturating_sub(MOST),
        }
    }

    fn most(&self) -> f64 {
        self.figures.iter().copied().fold(0.0, f64::max)
    }

    fn all(&self) -> impl Iterator<Item = (usize, &str, f64)> {
        let labelled = self.labels.iter().zip(&self.figures).enumerate();
        labelled.map(|(place, (label, figure))| (place, label.as_str(), *figure))
    }
}

fn figure(value: &J) -> Option<f64> {
    match value {
        J::Number(number) => number.as_f64(),
        J::String(text) => text.parse().ok().filter(|n: &f64| n.is_finite()),
        _ => None,
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_control()) {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

fn short(text: &str) -> String {
    let cut: String = text.chars().take(16).collect();
    escaped(&if cut.len() < text.len() { format!("{cut}…") } else { cut })
}

fn colour(place: usize) -> &'static str {
    COLOURS.get(place % COLOURS.len()).copied().unwrap_or("#666666")
}

#[expect(clippy::cast_precision_loss, reason = "a chart has few points")]
fn share(place: usize, of: usize) -> f64 {
    place as f64 / of.max(1) as f64
}

/// The chart as a whole SVG document.
pub fn svg(table: &Table, chart: &str, title: &str) -> String {
    let points = Points::of(table);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" font-family=\"sans-serif\" font-size=\"11\"><title>{}</title>",
        escaped(title)
    );
    if points.figures.is_empty() {
        let _ = write!(out, "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">–</text></svg>", WIDTH / 2.0, HEIGHT / 2.0);
        return out;
    }
    match chart {
        "pie" => pie(&points, &mut out),
        "funnel" => funnel(&points, &mut out),
        "number" => {
            let total: f64 = points.figures.iter().sum();
            let _ = write!(
                out,
                "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-size=\"64\">{total}</text>",
                WIDTH / 2.0,
                HEIGHT / 2.0
            );
        }
        "line" => {
            axis(&points, &mut out);
            line(&points, &mut out);
        }
        _ => {
            axis(&points, &mut out);
            bars(&points, &mut out);
        }
    }
    if points.left_out > 0 {
        let _ = write!(out, "<text x=\"{LEFT}\" y=\"14\">+{}</text>", points.left_out);
    }
    out.push_str("</svg>");
    out
}

fn plot() -> (f64, f64) {
    (WIDTH - LEFT - 12.0, HEIGHT - TOP - BOTTOM)
}

fn height_of(figure: f64, most: f64) -> f64 {
    if most > 0.0 { figure.max(0.0) / most * plot().1 } else { 0.0 }
}

fn axis(points: &Points, out: &mut String) {
    let most = points.most();
    let base = HEIGHT - BOTTOM;
    for part in 0..=4_u8 {
        let y = base - plot().1 * f64::from(part) / 4.0;
        let value = most * f64::from(part) / 4.0;
        let _ = write!(
            out,
            "<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{}\" y2=\"{y:.1}\" stroke=\"#ddd\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            WIDTH - 12.0,
            LEFT - 6.0,
            y + 4.0,
            axis_label(value)
        );
    }
    let _ = write!(out, "<text x=\"{LEFT}\" y=\"14\" font-weight=\"bold\">{}</text>", escaped(&points.name));
    let every = points.labels.len().div_ceil(12).max(1);
    for (place, label, _) in points.all().filter(|(place, _, _)| place % every == 0) {
        let x = LEFT + plot().0 * share(2 * place + 1, 2 * points.labels.len());
        let _ =
            write!(out, "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>", base + 16.0, short(label));
    }
}

fn axis_label(value: f64) -> String {
    match value {
        v if v >= 1_000_000.0 => format!("{:.1} M", v / 1_000_000.0),
        v if v >= 10_000.0 => format!("{:.0} k", v / 1_000.0),
        v if v >= 10.0 => format!("{v:.0}"),
        v => format!("{v:.1}"),
    }
}

fn bars(points: &Points, out: &mut String) {
    let step = plot().0 / share(points.figures.len(), 1);
    for (place, label, figure) in points.all() {
        let (x, high) = (LEFT + plot().0 * share(place, points.figures.len()), height_of(figure, points.most()));
        let _ = write!(
            out,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{high:.1}\" fill=\"{}\"><title>{}: {figure}</title></rect>",
            x + step * 0.1,
            HEIGHT - BOTTOM - high,
            step * 0.8,
            colour(0),
            escaped(label)
        );
    }
}

fn line(points: &Points, out: &mut String) {
    let path: Vec<String> = points
        .all()
        .map(|(place, _, figure)| {
            let x = LEFT + plot().0 * share(2 * place + 1, 2 * points.figures.len());
            format!("{x:.1},{:.1}", HEIGHT - BOTTOM - height_of(figure, points.most()))
        })
        .collect();
    let _ = write!(
        out,
        "<polyline fill=\"none\" stroke=\"{}\" stroke-width=\"2\" points=\"{}\"/>",
        colour(0),
        path.join(" ")
    );
}

fn pie(points: &Points, out: &mut String) {
    let total: f64 = points.figures.iter().filter(|figure| **figure > 0.0).sum();
    let (x, y, radius) = (HEIGHT / 2.0, HEIGHT / 2.0, HEIGHT / 2.0 - TOP);
    let mut angle = -std::f64::consts::FRAC_PI_2;
    for (place, label, figure) in points.all().filter(|(_, _, figure)| *figure > 0.0) {
        let turn = figure / total * std::f64::consts::TAU;
        let end = angle + turn;
        let (x1, y1) = (x + radius * angle.cos(), y + radius * angle.sin());
        let (x2, y2) = (x + radius * end.cos(), y + radius * end.sin());
        let shape = if turn >= std::f64::consts::TAU - 1e-9 {
            format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" fill=\"{}\"/>", colour(place))
        } else {
            let large = u8::from(turn > std::f64::consts::PI);
            format!(
                "<path d=\"M{x:.1} {y:.1} L{x1:.1} {y1:.1} A{radius:.1} {radius:.1} 0 {large} 1 {x2:.1} {y2:.1} Z\" fill=\"{}\"/>",
                colour(place)
            )
        };
        out.push_str(&shape);
        if place < 20 {
            let row = TOP + share(place, 1) * 16.0;
            let _ = write!(
                out,
                "<rect x=\"{HEIGHT}\" y=\"{row:.1}\" width=\"10\" height=\"10\" fill=\"{}\"/><text x=\"{}\" y=\"{:.1}\">{}: {figure}</text>",
                colour(place),
                HEIGHT + 16.0,
                row + 9.0,
                short(label)
            );
        }
        angle = end;
    }
}

fn funnel(points: &Points, out: &mut String) {
    let high = (HEIGHT - TOP) / share(points.figures.len(), 1);
    for (place, label, figure) in points.all() {
        let wide = if points.most() > 0.0 { figure.max(0.0) / points.most() * (WIDTH - 240.0) } else { 0.0 };
        let y = TOP + high * share(place, 1);
        let _ = write!(
            out,
            "<rect x=\"{:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{:.1}\" fill=\"{}\"/><text x=\"8\" y=\"{:.1}\">{}: {figure}</text>",
            200.0 + (WIDTH - 240.0 - wide) / 2.0,
            high * 0.8,
            colour(0),
            y + high / 2.0,
            short(label)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn table() -> Table {
        let mut table = Table::new(["stage_id", "stage", "deals"]);
        table.rows.push(vec![json!("17"), json!("<Proposal> & more"), json!(3)]);
        table.rows.push(vec![json!("18"), json!("Won"), json!(1)]);
        table
    }

    #[test]
    fn every_chart_is_whole_and_safe() {
        for chart in crate::report::CHARTS {
            let svg = svg(&table(), chart, "A \"title\"");
            assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"), "{chart}");
            assert!(!svg.contains("<Proposal") && !svg.contains("NaN") && !svg.contains("inf"), "{chart}: {svg}");
        }
        assert!(svg(&table(), "bar", "").contains("Won: 1"));
        assert!(svg(&Table::new(["n"]), "pie", "").contains('–'));
    }

    #[test]
    fn identifiers_are_no_figures() {
        let points = Points::of(&table());
        assert_eq!((points.name.as_str(), points.figures.as_slice()), ("deals", [3.0, 1.0].as_slice()));
    }
}
