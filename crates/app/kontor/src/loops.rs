//! What goes on in this process beside its requests, until it stops.

use std::sync::Arc;
use std::time::Duration;

use kontor_http::Check;
use kontor_store::pulse::{Limit, Sign};
use kontor_store::{Commits, Pulses};
use kontor_telemetry::metrics::gauge;
use tokio::task::JoinHandle;

/// May look through a large table between two signs of life, and does one thing after the other.
pub const SWEEPS: Limit = Limit { patience: Duration::from_secs(60), failures: false };

/// Loops at work.
pub struct Loops {
    pulses: Arc<Pulses>,
    all: Vec<(&'static str, JoinHandle<()>)>,
}

impl Loops {
    pub fn new(commits: &Commits) -> Self {
        Self { pulses: commits.pulses().clone(), all: Vec::new() }
    }

    /// One whose standstill shows by itself, or hurts nobody.
    pub fn add(&mut self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.all.push((name, tokio::spawn(work)));
    }

    /// One that moves a queue.
    pub fn watch(&mut self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.watch_within(name, Limit::default(), work);
    }

    /// One that stands still by other limits.
    pub fn watch_within(&mut self, name: &'static str, limit: Limit, work: impl Future<Output = ()> + Send + 'static) {
        self.add(name, self.pulses.watched(name, limit, work));
    }

    /// Waits for their ends.
    pub async fn ended(self) {
        for (name, task) in self.all {
            if let Err(error) = task.await {
                tracing::error!(%error, name, "a loop broke off");
            }
        }
    }
}

/// For `/readyz`: each loop turns.
pub fn check(pulses: Arc<Pulses>) -> Check {
    let said = move || {
        let stalled = pulses.signs().into_iter().filter(|one| one.is_stalled);
        let texts: Vec<String> = stalled.map(|one| said(&one)).collect();
        if texts.is_empty() { Ok(()) } else { Err(texts.join(", ")) }
    };
    Check { name: "workers", ask: Box::new(move || Box::pin(std::future::ready(said()))) }
}

fn said(one: &Sign) -> String {
    let Sign { name, silent, failing, .. } = one;
    match failing.as_secs() {
        0 => format!("{name}: no sign of life for {} s", silent.as_secs()),
        seconds => format!("{name}: no turn has succeeded for {seconds} s"),
    }
}

/// For `/metrics`.
pub fn show(pulses: &Pulses) {
    for Sign { name, silent, failing, is_stalled } in pulses.signs() {
        let labels = [("worker", name)];
        let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        gauge("worker_stalled", "1 while a loop stands still.", &labels).set(i64::from(is_stalled));
        gauge("worker_silent_seconds", "Since a loop has shown a sign of life.", &labels).set(seconds(silent));
        let help = "Since when the database has failed in each turn of a loop.";
        gauge("worker_failing_seconds", help, &labels).set(seconds(failing));
    }
}
