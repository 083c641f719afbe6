//! Watches this installation: queues, failures and what `/metrics` shows, by rules; tells administrators when one begins
//! to hold. One process of an installation does, the one with the lease.

use std::time::Duration;

use futures::future::OptionFuture;
use kontor_alerts::{Rule, Samples, State, Transition, Watch};
use kontor_model::{Result, SpaceId};
use kontor_notifications::alerts::{self, Alarm};
use kontor_store::rounds::spaces;
use kontor_store::{Lease, Rounds};
use tokio::sync::watch;

use crate::house::House;
use crate::queues::Queues;
use crate::reports::{self, Heard, Reporting};
use crate::sweeping;

const EVERY: Duration = Duration::from_secs(5);
/// How long what fires has to be well.
const QUIET: Duration = Duration::from_secs(60);

/// What watches.
pub struct Watching {
    pub house: House,
    /// Names this process among those that share the database.
    pub holder: String,
    /// No other process shares the database.
    pub alone: bool,
    /// Between two looks, where that is not left to this.
    pub pace: Option<Duration>,
    /// Whether events are carried to a broker.
    pub carries: bool,
    /// Where this process listens; empty where it does not.
    pub url: String,
    /// With the limits of this installation.
    pub rules: &'static [Rule],
}

impl Watching {
    /// Looks at this process's own figures, and, where it `works` and has the lease, at everything, until it stops.
    pub async fn run(self, works: bool, stopped: watch::Receiver<bool>) {
        let every = self.pace.map_or(EVERY, |pace| pace * 3).min(EVERY);
        let instance = if self.alone { String::new() } else { reports::instance(&self.url) };
        let pulses = self.house.commits.pulses().clone();
        let reporting = Reporting { store: self.house.store.clone(), pulses, instance, every };
        let watching = OptionFuture::from(works.then(|| self.watch(every, stopped.clone())));
        tokio::join!(reporting.run(stopped.clone()), watching);
    }

    async fn watch(&self, every: Duration, mut stopped: watch::Receiver<bool>) {
        let House { store, clock, commits, .. } = &self.house;
        let mut lease = Lease::new(store.clone(), clock.clone(), "watch", self.holder.clone(), self.alone);
        let mut queues = Queues::new(self.carries);
        let mut watch: Option<Watch> = None;
        let mut untold = Vec::new();
        let mut heard = Heard::default();
        let mut rounds = Rounds::every(every, commits);
        loop {
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => break,
                () = rounds.due() => {}
            }
            rounds.begin();
            let outcome = tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => break,
                outcome = self.look(&mut lease, &mut queues, &mut heard, &mut watch, &mut untold) => outcome,
            };
            if let Err(error) = outcome {
                let cause = error.internal_text().unwrap_or(error.detail());
                tracing::warn!(cause, "the installation could not be watched");
            }
        }
        lease.release().await;
    }

    async fn look(
        &self,
        lease: &mut Lease,
        queues: &mut Queues,
        heard: &mut Heard,
        watch: &mut Option<Watch>,
        untold: &mut Vec<Transition>,
    ) -> Result<()> {
        let House { store, clock, .. } = &self.house;
        if !lease.hold().await? {
            if watch.take().is_some() {
                queues.clear();
                untold.clear();
                *heard = Heard::default();
            }
            return Ok(());
        }
        let spaces = spaces(&**store).await?;
        let Some(first) = spaces.iter().min().copied() else { return Ok(()) };
        let now = clock.now_ms();
        // What can be seen is told, be a queue's table out of reach.
        let looked = queues.look(&**store, &self.house.catalogs, &spaces, now).await;
        if watch.is_none() {
            *watch = Some(self.begin(&spaces).await?);
        }
        let Some(known) = watch else { return Ok(()) };
        let samples = Samples::parse(&kontor_telemetry::metrics::global().render());
        let reports = heard.look(&**store).await?;
        untold.extend(known.look(self.rules, &samples, &reports, heard.now_ms()));
        while let Some(transition) = untold.first() {
            self.tell(transition, first).await?;
            untold.remove(0);
        }
        looked
    }

    /// Goes on from what fires already.
    async fn begin(&self, spaces: &[SpaceId]) -> Result<Watch> {
        let mut all = Vec::new();
        for space in spaces {
            let ctx = sweeping::enter(&self.house, *space, "watch".to_owned()).await?;
            let own = alerts::firing(&self.house.records, &ctx).await?;
            all.extend(own.into_iter().map(|one| (one.rule, one.subject, space.0)));
        }
        let quiet = self.pace.map_or(QUIET, |pace| (pace * 6).min(QUIET));
        Ok(Watch::new(self.rules, all).quiet(quiet))
    }

    /// In the space that it is about; what is the whole installation's, in its first workspace.
    async fn tell(&self, transition: &Transition, first: SpaceId) -> Result<()> {
        let Transition { rule, subject, state, value, space } = transition;
        let space = space.map_or(first, SpaceId);
        let ctx = sweeping::enter(&self.house, space, "watch".to_owned()).await?;
        match state {
            State::Fired => {
                tracing::warn!(rule = rule.name, subject, value, space = space.0, "an alert fires");
                let about = if subject.is_empty() { String::new() } else { format!(" ({subject})") };
                let alarm = Alarm {
                    rule: rule.name,
                    subject,
                    severity: rule.severity.name(),
                    title: &format!("{}{about}", rule.summary),
                    remedy: rule.remedy,
                };
                alerts::fire(&self.house.records, &ctx, &alarm).await
            }
            State::Resolved => {
                tracing::info!(rule = rule.name, subject, space = space.0, "an alert is over");
                alerts::resolve(&self.house.records, &ctx, rule.name, subject).await
            }
        }
    }
}
