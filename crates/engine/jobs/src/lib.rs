//! The durable queue: jobs are rows, written in the same commit as what they follow from, claimed by guarded updates
//! under a lease, so that a process that dies loses none and another takes over.

mod job;
mod queue;
mod run;
mod runner;
#[cfg(test)]
mod tests;

pub use job::{Failure, Job, State, job_json};
pub use queue::{Filter, Jobs, NewJob};
pub use run::{Ended, Handler, Progress, Run};
pub use runner::{Options, Runner, Running};
