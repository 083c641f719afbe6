//! The durable queue: jobs are rows, written in the same commit as what they follow from, claimed by guarded updates
//! under a lease, so that a process that dies loses none and another takes over.
//!
//! Who is served next is a matter of fairness between workspaces, then of priority and age ([`Rules`] bounds a kind).
//! What is tried in vain becomes a dead letter, `failed`, with its reason, and can be replayed. A [`Schedule`] puts jobs
//! in by the clock of a place ([ADR 33](../../../docs/adr/0033-jobs.md)).

mod claim;
mod clock;
pub mod cron;
mod job;
mod pick;
mod queue;
mod rules;
mod run;
mod runner;
mod schedule;
#[cfg(test)]
mod tests;

pub use job::{Failure, Job, State, job_json};
pub use queue::{Filter, Jobs, NewJob, Sight};
pub use rules::Rules;
pub use run::{Ended, Handler, Progress, Run};
pub use runner::{Options, Runner, Running};
pub use schedule::{Schedule, Standing};
