//! From the log to the broker.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use kontor_events::{Cursor, Subjects, Types, head, read, shown};
use kontor_model::{Error, Result, SpaceId};
use kontor_records::{Ctx, Records};
use kontor_store::rounds::spaces;
use kontor_store::system;
use kontor_store::{Batch, Bell, CommitError, Commits, Lease, Rounds, pulse};
use kontor_telemetry::metrics::{Counter, Gauge, counter, gauge};
use tokio::sync::watch;

use crate::{Bus, Message};

const CONSUMER: &str = "bus";
/// Events of one hand-over.
const AT_ONCE: u64 = 200;
/// Between two looks at what other processes have numbered.
const LOOK: Duration = Duration::from_millis(200);
/// After a failure; doubled each time up to the other one.
const PAUSE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(15));

/// Makes the program's own way into a space.
pub type Enter = Box<dyn Fn(SpaceId) -> BoxFuture<'static, Result<Ctx>> + Send + Sync>;

/// What a [`Publisher`] is made of.
pub struct Parts {
    pub records: Arc<Records>,
    pub bus: Box<dyn Bus>,
    pub enter: Enter,
    /// Names this process among those that share the database.
    pub holder: String,
    /// No other process shares the database.
    pub alone: bool,
}

/// Publishes the log.
pub struct Publisher {
    parts: Parts,
    commits: Arc<Commits>,
    bell: Arc<Bell>,
    published: Counter,
    failures: Counter,
    lag: Gauge,
    away: Gauge,
}

impl Publisher {
    pub fn new(parts: Parts, commits: &Arc<Commits>) -> Self {
        let broker = [("broker", parts.bus.name())];
        Self {
            commits: commits.clone(),
            bell: commits.bell(system::EVENT_HEAD),
            published: counter("bus_published_total", "Events that the broker has confirmed.", &broker),
            failures: counter("bus_failures_total", "Hand-overs that failed.", &broker),
            lag: gauge("bus_lag", "Events of the log that the broker has not confirmed.", &broker),
            away: gauge("bus_away", "1 while the broker cannot be reached.", &broker),
            parts,
        }
    }

    /// Runs until the process stops.
    pub async fn run(self, mut stopped: watch::Receiver<bool>) {
        let records = &self.parts.records;
        let holder = self.parts.holder.clone();
        let mut lease = Lease::new(records.store().clone(), records.clock().clone(), "bus", holder, self.parts.alone);
        let mut rounds = Rounds::every(LOOK, &self.commits);
        let mut pause = PAUSE.0;
        loop {
            let rung: BTreeSet<SpaceId> = tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => break,
                rung = self.bell.rung() => rung,
                () = rounds.due() => BTreeSet::new(),
            };
            // What a failure left waits in any space.
            let everywhere = rounds.begin() || pause != PAUSE.0;
            let outcome = tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => break,
                outcome = self.look(&mut lease, |space| everywhere || rung.contains(&space)) => outcome,
            };
            match outcome {
                Ok(()) => pause = PAUSE.0,
                Err(why) => {
                    if pause == PAUSE.0 {
                        tracing::warn!(broker = self.parts.bus.name(), why, "events wait for the broker");
                    }
                    tokio::select! {
                        _ = stopped.wait_for(|stop| *stop) => break,
                        () = pulse::at_rest(tokio::time::sleep(pause)) => {}
                    }
                    pause = (pause * 2).min(PAUSE.1);
                }
            }
        }
        lease.release().await;
    }

    async fn look(&self, lease: &mut Lease, is_due: impl Fn(SpaceId) -> bool) -> Result<(), String> {
        let said = |error: Error| error.internal_text().unwrap_or(error.detail()).to_owned();
        if !lease.hold().await.map_err(said)? {
            return Ok(());
        }
        let mut behind = 0;
        let all = spaces(&**self.parts.records.store()).await.map_err(said)?;
        for space in all.into_iter().filter(|space| is_due(*space)) {
            behind += self.publish(space, lease).await?;
        }
        self.lag.set(behind);
        Ok(())
    }

    /// Hands over what is new in a space; how many events are left.
    async fn publish(&self, space: SpaceId, lease: &mut Lease) -> Result<i64, String> {
        let said = |error: Error| error.internal_text().unwrap_or(error.detail()).to_owned();
        let records = &self.parts.records;
        let store = records.store();
        let mut cursor = Cursor::of(&**store, space, CONSUMER, records.clock().now_ms()).await.map_err(said)?;
        loop {
            let rows = read(&**store, space, cursor.sequence, &Types::default(), &Subjects::default(), AT_ONCE).await;
            let rows = rows.map_err(said)?;
            let Some(last) = rows.last().map(|row| row.sequence) else { return Ok(0) };
            let full = rows.len() as u64 == AT_ONCE;
            let ctx = (self.parts.enter)(space).await.map_err(said)?;
            let events = shown(records, &ctx, rows).await.map_err(said)?;
            let messages: Vec<Message> = events.iter().map(|event| Message::of(event, space)).collect();
            if !messages.is_empty()
                && let Err(why) = pulse::at_rest(self.parts.bus.publish(&messages)).await
            {
                self.failures.increment();
                self.away.set(1);
                let end = head(&**store, space).await.map_or(last, |head| head.last);
                self.lag.set(end - cursor.sequence);
                return Err(why);
            }
            self.away.set(0);
            self.published.add(messages.len() as u64);
            let mut batch = Batch::new(space);
            batch.writes.push(cursor.raise(last, records.clock().now_ms()));
            match store.commit(batch).await {
                Ok(()) => cursor.sequence = last,
                // Another process publishes.
                Err(CommitError::Guard { .. }) => return Ok(0),
                Err(error) => return Err(error.to_string()),
            }
            if !full || !lease.hold().await.map_err(said)? {
                return Ok(0);
            }
        }
    }
}
