//! When somebody should look: rules over the metrics that a process shows, as data.
//!
//! Some rules are about the figures of one process: each process evaluates them ([`Watch::own`]) and reports what holds
//! to the one that watches. The same rules are evaluated here, every few seconds ([`Watch`]), and shipped for Prometheus ([`prometheus`]). Nothing
//! in this crate reads a clock, a metric or a database: samples go in, transitions come out.

pub mod prometheus;
mod rules;
mod samples;
mod watch;

pub use rules::{RULES, Rule, Severity, When, rules};
pub use samples::{Sample, Samples};
pub use watch::{Report, State, Transition, Watch};
