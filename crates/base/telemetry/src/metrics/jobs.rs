//! Jobs by kind.

use std::time::Duration;

use super::{Counter, Gauge, Histogram, counter, gauge, histogram};

/// The metrics of one kind of job; make it with the worker.
#[derive(Clone, Debug)]
pub struct JobKind {
    done: Counter,
    retried: Counter,
    dead: Counter,
    duration: Histogram,
    waiting: Gauge,
}

impl JobKind {
    #[must_use]
    pub fn new(kind: &str) -> Self {
        let outcome = |outcome| counter("jobs_total", "Runs of jobs.", &[("kind", kind), ("outcome", outcome)]);
        Self {
            done: outcome("done"),
            retried: outcome("retried"),
            dead: outcome("dead"),
            duration: histogram("jobs_duration_seconds", "Time of a job's run.", &[("kind", kind)]),
            waiting: gauge("jobs_waiting", "Jobs that are due and not taken.", &[("kind", kind)]),
        }
    }

    pub fn done(&self, took: Duration) {
        self.duration.observe(took);
        self.done.increment();
    }

    /// The run failed and will be tried again.
    pub fn retried(&self, took: Duration) {
        self.duration.observe(took);
        self.retried.increment();
    }

    /// The run failed for the last time.
    pub fn dead(&self, took: Duration) {
        self.duration.observe(took);
        self.dead.increment();
    }

    pub fn set_waiting(&self, jobs: i64) {
        self.waiting.set(jobs);
    }
}
