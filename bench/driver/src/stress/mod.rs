//! What has no counterpart in the reference: rights, kept answers, overload, a noisy neighbour. The product against
//! itself.

mod door;
mod filtered;
mod kept;
mod neighbour;
pub mod open;
mod overload;

use anyhow::Result;

use crate::business;
use crate::kontor::{Home, Kontor, Seeded};
use crate::news;
use crate::options::Options;
use crate::place::Place;
use crate::scenario::Calls;
use crate::target::Target;

/// A figure with what it should be.
pub struct Finding {
    pub title: String,
    pub value: String,
    pub aim: &'static str,
    pub is_met: Option<bool>,
}

impl Finding {
    pub fn new(title: impl Into<String>, value: impl Into<String>) -> Self {
        Self { title: title.into(), value: value.into(), aim: "", is_met: None }
    }

    pub fn aimed(self, aim: &'static str, is_met: bool) -> Self {
        Self { aim, is_met: Some(is_met), ..self }
    }
}

/// What each of them works on.
pub struct Bench<'a> {
    pub options: &'a Options,
    pub kontor: &'a Kontor,
    pub place: &'a Place,
    pub home: &'a Home<'a>,
    pub seeded: &'a Seeded,
    pub target: &'a std::sync::Arc<Target>,
}

impl Bench<'_> {
    fn calls(&self, scenario: crate::scenario::Scenario, connection: usize) -> Box<dyn crate::load::Caller> {
        Box::new(Calls::new(self.target.clone(), scenario, connection))
    }
}

type Stress = (&'static str, fn(&Bench<'_>) -> Result<Vec<Finding>>);

const ALL: [Stress; 9] = [
    ("door", door::run),
    ("filtered", filtered::run),
    ("kept", kept::run),
    ("overload", overload::run),
    ("neighbour", neighbour::run),
    ("deals", business::deals),
    ("duplicates", business::duplicates),
    ("convert", business::convert),
    ("news", news::run),
];

/// Those that are wanted, one after the other, each with a server of its own on the run's copy.
pub fn run(bench: &Bench<'_>) -> Result<Vec<Finding>> {
    let mut all = Vec::new();
    for (name, run) in ALL.into_iter().filter(|(name, _)| bench.options.wants(name)) {
        let findings = run(bench)?;
        for Finding { title, value, .. } in &findings {
            eprintln!("  {name:<12} {title}: {value}");
        }
        all.extend(findings);
    }
    Ok(all)
}
