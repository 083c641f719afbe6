//! What is wrong with a configuration.

use std::fmt;

/// One fault: the setting, where its value came from, what is wrong, what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Dotted name as it was given; empty when the whole source is at fault.
    pub key: String,
    /// `file kontor.toml`, `environment KONTOR_LISTEN` or `flag --listen`.
    pub source: String,
    /// Continues "the value …"; secrets are masked.
    pub fault: String,
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            write!(f, "{}: {}. {}", self.source, self.fault, self.remedy)
        } else {
            write!(f, "{} ({}): {}. {}", self.key, self.source, self.fault, self.remedy)
        }
    }
}

/// Every fault of a configuration, one per line when printed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the configuration cannot be used:\n{}", lines(.problems))]
pub struct ConfigError {
    pub problems: Vec<Problem>,
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n")
}
