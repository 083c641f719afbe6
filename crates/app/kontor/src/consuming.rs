//! Lets services deal with the events of every space. One process of an installation does, the one with the lease.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kontor_events::{Consumer, Patience, Standing, Which, consume};
use kontor_model::{Error, Result, SpaceId};
use kontor_store::rounds::{self, spaces};
use kontor_store::{Lease, Rounds, system};
use kontor_telemetry::metrics::{Counter, Gauge, counter, gauge};
use tokio::sync::watch;

use crate::house::House;
use crate::sweeping;

/// Between two looks for what other processes have numbered.
const LOOK: Duration = Duration::from_millis(200);
/// Dead letters of a space that are dealt with again in one look.
const REPLAYED: u64 = 100;
/// After a failure.
const PAUSE: Duration = Duration::from_secs(2);

/// Services that read the log.
pub struct Consuming {
    pub house: House,
    pub consumers: Vec<Arc<dyn Consumer>>,
    /// Names this process among those that share the database.
    pub holder: String,
    /// No other server shares the database.
    pub alone: bool,
    /// Between two looks for what is due, where that is not left to each service.
    pub pace: Option<Duration>,
}

struct Metrics {
    done: Counter,
    dead: Counter,
    lag: Gauge,
}

impl Metrics {
    fn of(consumer: &'static str) -> Self {
        let of = &[("consumer", consumer)];
        Self {
            done: counter("events_consumed_total", "Events that something followed from.", of),
            dead: counter("events_dead_total", "Events that were put aside.", of),
            lag: gauge("events_consumer_lag", "Events that a consumer has not looked at.", of),
        }
    }
}

impl Consuming {
    /// Runs until the process stops.
    pub async fn run(self, mut stopped: watch::Receiver<bool>) {
        let House { store, clock, commits, .. } = &self.house;
        let mut lease = Lease::new(store.clone(), clock.clone(), "consumers", self.holder.clone(), self.alone);
        let bell = commits.bell(system::EVENT_HEAD);
        let mut rounds = Rounds::every(LOOK, commits);
        let metrics: Vec<Metrics> = self.consumers.iter().map(|consumer| Metrics::of(consumer.name())).collect();
        let mut standings: HashMap<(SpaceId, &'static str), Standing> = HashMap::new();
        loop {
            let rung: Vec<SpaceId> = tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => break,
                rung = bell.rung() => rung.into_iter().collect(),
                () = rounds.due() => Vec::new(),
            };
            let everywhere = rounds.begin();
            let outcome = async {
                if !lease.hold().await? {
                    // Whoever has it moves the cursors.
                    standings.clear();
                    return Ok(());
                }
                let spaces = if everywhere { spaces(&**store).await? } else { rung };
                for space in spaces {
                    self.space(space, &mut standings, &metrics).await;
                    if everywhere && let Err(error) = self.replay(space).await {
                        self.warn(space, &error).await;
                    }
                }
                Ok(())
            };
            let outcome: Result<()> = tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => break,
                outcome = outcome => outcome,
            };
            if let Err(error) = outcome {
                warn(&error);
                tokio::select! {
                    _ = stopped.wait_for(|stop| *stop) => break,
                    () = tokio::time::sleep(PAUSE) => {}
                }
            }
        }
        lease.release().await;
    }

    async fn space(
        &self,
        space: SpaceId,
        standings: &mut HashMap<(SpaceId, &'static str), Standing>,
        metrics: &[Metrics],
    ) {
        let first =
            self.pace.map_or(Patience::default().first, |pace| i64::try_from(pace.as_millis() / 10).unwrap_or(1));
        let patience = Patience { first: first.clamp(1, Patience::default().first), ..Patience::default() };
        let last = match kontor_events::head(&*self.house.store, space).await {
            Ok(head) => head.last,
            Err(error) => return warn(&error),
        };
        for (consumer, metrics) in self.consumers.iter().zip(metrics) {
            let standing = standings.entry((space, consumer.name())).or_default();
            if standing.has_seen(last) {
                continue;
            }
            let done = async {
                let ctx = sweeping::enter(&self.house, space, format!("consumer-{}", consumer.name())).await?;
                consume(&self.house.records, &ctx, &**consumer, standing, patience).await
            };
            match done.await {
                Ok(consumed) => {
                    metrics.done.add(consumed.done);
                    metrics.dead.add(consumed.dead);
                    metrics.lag.set(consumed.lag);
                }
                // A space that went meanwhile, or is being filled, must not stop the others.
                Err(error) => self.warn(space, &error).await,
            }
        }
    }

    async fn warn(&self, space: SpaceId, error: &Error) {
        if rounds::is_open(&*self.house.store, space).await {
            warn(error);
        }
    }

    /// Deals again with dead letters that somebody has asked for.
    async fn replay(&self, space: SpaceId) -> Result<()> {
        let which = Which { only_asked: true, limit: REPLAYED, ..Which::default() };
        let asked = kontor_events::dead(&*self.house.store, space, &which).await?;
        if asked.is_empty() {
            return Ok(());
        }
        for consumer in &self.consumers {
            let ctx = sweeping::enter(&self.house, space, format!("replay-{}", consumer.name())).await?;
            kontor_events::replay(&self.house.records, &ctx, &**consumer, &asked).await?;
        }
        Ok(())
    }
}

fn warn(error: &Error) {
    tracing::warn!(error = error.internal_text().unwrap_or(error.detail()), "events were not dealt with");
}
