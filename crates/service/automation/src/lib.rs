//! What happens by itself: workflows, and a record of every run and step.
//!
//! A workflow is data: what starts it, and a list of steps ([`program`]). A consumer of the event log, the clock, a button
//! or a call from outside makes the record of a run; the engine ([`engine`]) takes it up and does one step after another.
//! What a step does, its line in the history and the run's new place are one commit, so that a process that dies repeats
//! nothing; calls to other systems carry an id that stays the same however often they are tried.

#![expect(
    clippy::indexing_slicing,
    reason = "documents of runs are JSON objects, which answer null for what they have not"
)]
#![expect(clippy::type_complexity, reason = "what a step gives is taken apart where it is made")]

mod acts;
mod dry;
mod engine;
mod functions;
mod hook;
mod matching;
mod program;
mod rights;
mod rules;
mod run;
mod shipped;
mod sign;
mod state;
mod trigger;
mod values;
mod workflow;

use std::sync::Arc;

use kontor_events::Consumer;
use kontor_model::Object;
use kontor_records::{Act, Guest, Hook, Look, Sweep};

pub use engine::{Automation, Parts};
pub use functions::Credentials;
pub use program::{check, schema};
pub use rights::{Enter, Rights};
pub use shipped::shipped;

/// The service's name in declarations.
pub const SERVICE: &str = "automation";

pub(crate) const WORKFLOW: &str = "workflow";
pub(crate) const RUN: &str = "workflow_run";
pub(crate) const STEP: &str = "workflow_step";
/// What functions are called with; the object's name.
pub const CREDENTIAL: &str = "function_credential";
/// Where runs are kept.
const RUNS_TABLE: &str = "r_workflow_runs";

/// What this service keeps.
pub fn objects() -> Vec<Object> {
    vec![workflow::object(), run::workflow_run(), run::workflow_step(), functions::object()]
}

/// Its rules about changes.
pub fn hooks() -> Vec<Arc<dyn Hook>> {
    [vec![Arc::new(rules::Sound) as Arc<dyn Hook>], functions::hooks()].concat()
}

/// Its actions.
pub fn acts() -> Vec<Arc<dyn Act>> {
    acts::all()
}

/// What it shows of workflows besides their fields.
pub fn looks() -> Vec<Arc<dyn Look>> {
    [hook::looks(), dry::looks()].concat()
}

/// Its pages for who has a link.
pub fn guests() -> Vec<Arc<dyn Guest>> {
    vec![Arc::new(hook::Hooks)]
}

/// What it does when something happens.
pub fn consumers() -> Vec<Arc<dyn Consumer>> {
    vec![Arc::new(trigger::Starting::default())]
}

/// What it does when time has come.
pub fn sweeps() -> Vec<Arc<dyn Sweep>> {
    vec![Arc::new(shipped::Shipping)]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use kontor_model::{Object, name};

    #[test]
    fn declarations_are_sound() {
        for object in super::objects() {
            assert!(name::is_valid(&object.name) && name::is_valid(&object.plural), "{}", object.name);
            assert!(!object.doc.is_empty(), "{} has no sentence", object.name);
            let mut names = HashSet::new();
            for field in Object::common_fields(object.owned).iter().chain(&object.fields) {
                assert!(name::is_valid(&field.name), "{}.{}", object.name, field.name);
                assert!(names.insert(field.name.clone()), "{}.{} twice", object.name, field.name);
                assert!(field.companion().is_none_or(|c| names.insert(c)), "{}.{} twice", object.name, field.name);
            }
            assert!(names.contains(&object.name_field), "{} is named by {}", object.name, object.name_field);
            assert!(!names.contains("currency"), "{} declares currency", object.name);
        }
    }
}
