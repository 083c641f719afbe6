//! What `/metrics` says at a moment, read back from its text (Prometheus text format 0.0.4).

use std::collections::BTreeMap;

/// One series and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

/// All of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Samples(Vec<Sample>);

impl Samples {
    /// Lines that cannot be read are left out.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self(text.lines().filter(|line| !line.starts_with('#')).filter_map(sample).collect())
    }

    pub(crate) fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Sample> {
        self.0.iter().filter(move |sample| sample.name == name)
    }

    /// The sum over the series that fit; none where no series has the name.
    pub(crate) fn sum(&self, name: &str, fits: impl Fn(&Sample) -> bool) -> Option<f64> {
        let mut found = None;
        for sample in self.of(name) {
            *found.get_or_insert(0.0) += if fits(sample) { sample.value } else { 0.0 };
        }
        found
    }
}

fn sample(line: &str) -> Option<Sample> {
    let (series, value) = line.rsplit_once(' ')?;
    let value = value.parse().ok()?;
    let Some((name, rest)) = series.split_once('{') else {
        return Some(Sample { name: series.to_owned(), labels: BTreeMap::new(), value });
    };
    let mut labels = BTreeMap::new();
    let mut rest = rest.strip_suffix('}')?;
    while !rest.is_empty() {
        let (label, behind) = rest.split_once("=\"")?;
        let mut text = String::new();
        let mut chars = behind.char_indices();
        let end = loop {
            match chars.next()? {
                (at, '"') => break at + 1,
                (_, '\\') => text.push(match chars.next()?.1 {
                    'n' => '\n',
                    other => other,
                }),
                (_, other) => text.push(other),
            }
        };
        labels.insert(label.trim_start_matches(',').to_owned(), text);
        rest = behind.get(end..)?;
    }
    Some(Sample { name: name.to_owned(), labels, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_read_back() {
        let text = "# HELP a Help.\n# TYPE a counter\na{x=\"1\",y=\"say \\\"hi\\\", {b}\\n\"} 2\na{x=\"2\"} 3.5\nb 7\nbroken\n";
        let samples = Samples::parse(text);
        assert_eq!(samples.0.len(), 3);
        assert_eq!(samples.0[0].labels["y"], "say \"hi\", {b}\n");
        assert_eq!(samples.sum("a", |_| true), Some(5.5));
        assert_eq!(samples.sum("a", |sample| sample.labels["x"] == "2"), Some(3.5));
        assert_eq!((samples.sum("b", |_| true), samples.sum("c", |_| true)), (Some(7.0), None));
    }
}
