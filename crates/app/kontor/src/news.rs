//! Keeps the event log: numbers what was committed, forgets what is old. Every process offers to; one does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kontor_events::Relay;
use kontor_identity::spaces;
use kontor_model::{Error, Result, SpaceId};
use kontor_store::{Bell, Lease, Rounds, system};
use tokio::sync::watch;

use crate::house::House;

/// Between two looks at spaces where this process has changed nothing: others may have.
const LOOK: Duration = Duration::from_millis(100);
/// After a failure.
const PAUSE: Duration = Duration::from_secs(2);
/// Between two looks for events that are too old.
const SWEEP: Duration = Duration::from_secs(600);
const DAY_MS: i64 = 86_400_000;

/// How events are kept.
pub struct News {
    pub house: House,
    /// Names this process among those that share the database.
    pub holder: String,
    /// No other server shares the database.
    pub alone: bool,
    /// How long events are kept.
    pub days: u32,
    /// Between two looks for old events, in place of its own.
    pub pace: Option<Duration>,
}

impl News {
    /// Runs until the process stops.
    pub async fn run(self, mut stopped: watch::Receiver<bool>) {
        let House { store, clock, commits, .. } = &self.house;
        let relay = Relay::new(store.clone(), clock.clone());
        let mut lease = Lease::new(store.clone(), clock.clone(), "relay", self.holder.clone(), self.alone);
        let bell: Arc<Bell> = commits.bell(system::EVENT);
        let mut rounds = Rounds::every(LOOK, commits);
        let mut swept = Instant::now();
        loop {
            let rung = tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => break,
                rung = bell.rung() => rung.into_iter().collect(),
                () = rounds.due() => Vec::new(),
            };
            let everywhere = rounds.begin();
            let ours = match self.number(&relay, &mut lease, rung, everywhere).await {
                Ok(ours) => ours,
                Err(error) => {
                    warn(&error, "events were not given their places in the log");
                    lease.release().await;
                    tokio::select! {
                        _ = stopped.wait_for(|stop| *stop) => break,
                        () = tokio::time::sleep(PAUSE) => {}
                    }
                    false
                }
            };
            if ours && swept.elapsed() >= self.pace.unwrap_or(SWEEP) {
                swept = Instant::now();
                if let Err(error) = self.forget(&relay, &stopped).await {
                    warn(&error, "old events were not removed");
                }
            }
        }
        lease.release().await;
    }

    /// Whether this process is the one that numbers.
    async fn number(&self, relay: &Relay, lease: &mut Lease, rung: Vec<SpaceId>, everywhere: bool) -> Result<bool> {
        if !lease.hold().await? {
            return Ok(false);
        }
        let spaces = if everywhere { self.spaces().await? } else { rung };
        let mut done = 0;
        for space in spaces {
            done += relay.number(space).await?;
        }
        if everywhere {
            relay.seen(done);
        }
        Ok(true)
    }

    async fn spaces(&self) -> Result<Vec<SpaceId>> {
        Ok(spaces::spaces(&*self.house.store).await?.into_iter().map(|space| space.id).collect())
    }

    /// Removes what is old, letting the relay go on in between.
    async fn forget(&self, relay: &Relay, stopped: &watch::Receiver<bool>) -> Result<()> {
        let before = self.house.clock.now_ms() - i64::from(self.days) * DAY_MS;
        for space in self.spaces().await? {
            while !*stopped.borrow() && kontor_events::forget(&*self.house.store, space, before).await? > 0 {
                relay.number(space).await?;
            }
        }
        Ok(())
    }
}

fn warn(error: &Error, what: &str) {
    tracing::warn!(error = error.internal_text().unwrap_or(error.detail()), "{what}");
}
