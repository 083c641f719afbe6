//! The list of metrics and its rendering.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use super::handles::{BOUNDS, Counter, Gauge, Histogram};

/// Metrics by name and labels.
#[derive(Debug)]
pub struct Registry {
    families: Mutex<BTreeMap<&'static str, Family>>,
}

#[derive(Debug)]
struct Family {
    help: &'static str,
    /// By rendered labels: `route="/v1/deals",method="GET"`.
    series: BTreeMap<String, Series>,
}

#[derive(Clone, Debug)]
enum Series {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
}

impl Registry {
    /// An empty one, for tests; a process has [`super::global`].
    #[must_use]
    pub const fn new() -> Self {
        Self { families: Mutex::new(BTreeMap::new()) }
    }

    /// The counter of this name and these labels, made when it is new. A name has one kind and one help text, those
    /// of its first registration; a handle asked for as another kind counts, but is not rendered.
    pub fn counter(&self, name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> Counter {
        match self.series(name, help, labels, || Series::Counter(Counter::default())) {
            Series::Counter(counter) => counter,
            _ => Counter::default(),
        }
    }

    /// The gauge of this name and these labels; see [`Registry::counter`].
    pub fn gauge(&self, name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> Gauge {
        match self.series(name, help, labels, || Series::Gauge(Gauge::default())) {
            Series::Gauge(gauge) => gauge,
            _ => Gauge::default(),
        }
    }

    /// The histogram of this name (in seconds) and these labels; see [`Registry::counter`].
    pub fn histogram(&self, name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> Histogram {
        match self.series(name, help, labels, || Series::Histogram(Histogram::default())) {
            Series::Histogram(histogram) => histogram,
            _ => Histogram::default(),
        }
    }

    fn series(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &[(&str, &str)],
        make: impl FnOnce() -> Series,
    ) -> Series {
        let mut families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        let family = families.entry(name).or_insert_with(|| Family { help, series: BTreeMap::new() });
        let kind = family.series.values().next().map(Series::kind);
        let made = family.series.get(&rendered(labels)).cloned().unwrap_or_else(make);
        if kind.is_some_and(|kind| kind != made.kind()) {
            tracing::error!(name, "a metric is registered as two kinds");
        } else {
            family.series.entry(rendered(labels)).or_insert_with(|| made.clone());
        }
        made
    }

    /// The Prometheus text format, version 0.0.4.
    #[must_use]
    pub fn render(&self) -> String {
        let families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::with_capacity(16 << 10);
        for (name, family) in &*families {
            let kind = family.series.values().next().map_or("untyped", Series::kind);
            let _ = write!(text, "# HELP {name} {}\n# TYPE {name} {kind}\n", family.help);
            for (labels, series) in &family.series {
                series.render(&mut text, name, labels);
            }
        }
        text
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl Series {
    fn kind(&self) -> &'static str {
        match self {
            Self::Counter(_) => "counter",
            Self::Gauge(_) => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }

    /// Writing to a `String` does not fail, so the results are dropped.
    fn render(&self, text: &mut String, name: &str, labels: &str) {
        let braced = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        match self {
            Self::Counter(counter) => drop(writeln!(text, "{name}{braced} {}", counter.get())),
            Self::Gauge(gauge) => drop(writeln!(text, "{name}{braced} {}", gauge.get())),
            Self::Histogram(histogram) => {
                let comma = if labels.is_empty() { "" } else { "," };
                let count = histogram.count();
                for ((_, bound), below) in BOUNDS.iter().zip(histogram.cumulative()) {
                    let _ = writeln!(text, "{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {}", below.min(count));
                }
                let _ = writeln!(text, "{name}_bucket{{{labels}{comma}le=\"+Inf\"}} {count}");
                let sum = histogram.sum_ns();
                let _ = writeln!(text, "{name}_sum{braced} {}.{:09}", sum / 1_000_000_000, sum % 1_000_000_000);
                let _ = writeln!(text, "{name}_count{braced} {count}");
            }
        }
    }
}

fn rendered(labels: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = labels
        .iter()
        .map(|(name, value)| {
            let value = value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
            format!("{name}=\"{value}\"")
        })
        .collect();
    pairs.join(",")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn counters_and_gauges_as_text() {
        let registry = Registry::new();
        registry.counter("b_total", "Bees.", &[("kind", "a\"b\\c\nd")]).add(2);
        registry.counter("b_total", "Bees.", &[("kind", "a\"b\\c\nd")]).increment();
        registry.gauge("a", "Ants.", &[]).set(-4);
        assert_eq!(
            registry.render(),
            "# HELP a Ants.\n# TYPE a gauge\na -4\n# HELP b_total Bees.\n# TYPE b_total counter\n\
             b_total{kind=\"a\\\"b\\\\c\\nd\"} 3\n"
        );
    }

    #[test]
    fn a_histogram_is_cumulative() {
        let registry = Registry::new();
        let histogram = registry.histogram("t_seconds", "Time.", &[("route", "/")]);
        for ms in [1, 3, 700, 60_000] {
            histogram.observe(Duration::from_millis(ms));
        }
        let text = registry.render();
        for line in [
            "t_seconds_bucket{route=\"/\",le=\"0.0005\"} 0",
            "t_seconds_bucket{route=\"/\",le=\"0.001\"} 1",
            "t_seconds_bucket{route=\"/\",le=\"0.005\"} 2",
            "t_seconds_bucket{route=\"/\",le=\"0.8\"} 3",
            "t_seconds_bucket{route=\"/\",le=\"30\"} 3",
            "t_seconds_bucket{route=\"/\",le=\"+Inf\"} 4",
            "t_seconds_sum{route=\"/\"} 60.704000000",
            "t_seconds_count{route=\"/\"} 4",
        ] {
            assert!(text.lines().any(|have| have == line), "{line}\nnot in\n{text}");
        }
    }

    #[test]
    fn a_name_has_one_kind() {
        let registry = Registry::new();
        registry.counter("x", "X.", &[]).increment();
        registry.gauge("x", "X.", &[("l", "1")]).set(7);
        registry.gauge("x", "X.", &[]).set(7);
        assert_eq!(registry.render(), "# HELP x X.\n# TYPE x counter\nx 1\n");
    }
}
