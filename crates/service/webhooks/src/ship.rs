//! Messages on their way: sent side by side, and what came of them written down.

use std::collections::HashMap;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures::StreamExt;
use kontor_events::Event;
use kontor_model::{Kind, Result, Value};
use kontor_store::{Batch, Write};
use serde_json::json;
use tokio::sync::watch;

use crate::Webhooks;
use crate::breaker::Breaker;
use crate::line::{Chain, Message, chains};
use crate::row::Delivery;
use crate::schedule::Schedule;
use crate::send::Outcome;
use crate::state::Turn;
use crate::target::Target;
use crate::view::{Shown, Stretch};
use crate::worker::{TOGETHER, Worker, span};

/// Outcomes that are taken together.
const TAKEN: usize = 32;
/// What was answered is written down after so long, however long the rest takes.
const SHOWN: Duration = Duration::from_millis(250);
/// The type of what `test` sends.
pub(crate) const TEST: &str = "kontor.webhook.test";

/// What has come to its end with some messages, and is written with their outcomes.
enum End {
    /// A stretch of the log up to this number.
    New(i64),
    /// A stretch of what is recovered, up to the first number of all up to the second.
    Recovered(i64, i64),
    /// Nothing: they have rows.
    Due,
}

impl Worker {
    /// Sends what is new.
    pub(crate) async fn send_new(&mut self, stretch: Stretch) -> Result<()> {
        let now = self.hooks.now();
        let end = End::New(stretch.up_to);
        let mut messages: Vec<Message> = stretch.events.iter().map(|event| self.message(event, now)).collect();
        let first = stretch.events.first().map_or(0, |event| event.sequence);
        if self.may_have_rows(first).await? {
            self.written().await?;
            let known = self.stored(stretch.events.iter().map(|event| event.id.0).collect()).await?;
            messages.retain(|(delivery, _)| !known.iter().any(|other| other.event == delivery.event));
        }
        let (messages, writes) = self.in_line(messages).await?;
        self.ship(chains(messages, self.target.ordered), writes, end).await
    }

    /// Sends what failed, and what was never sent, of a stretch up to `to`.
    pub(crate) async fn recover(&mut self, stretch: Stretch, to: i64) -> Result<()> {
        let now = self.hooks.now();
        let known = self.stored(stretch.events.iter().map(|event| event.id.0).collect()).await?;
        let mut known: HashMap<i64, Delivery> = known.into_iter().map(|one| (one.event.0, one)).collect();
        let mut messages = Vec::new();
        for event in &stretch.events {
            match known.remove(&event.id.0) {
                None => messages.push(self.message(event, now)),
                Some(mut delivery) if delivery.state == "failed" || delivery.state == "dropped" => {
                    delivery.again(now);
                    messages.push((delivery, event.body.clone()));
                }
                Some(_) => {}
            }
        }
        let (messages, writes) = self.in_line(messages).await?;
        self.ship(chains(messages, self.target.ordered), writes, End::Recovered(stretch.up_to, to)).await
    }

    /// Sends what is due again, as the log shows it now; what it shows no more is dropped.
    pub(crate) async fn send_due(&mut self, due: Vec<Delivery>) -> Result<()> {
        let (due, mut writes) = if self.target.ordered { self.in_turn(due).await? } else { (due, Vec::new()) };
        let ids = due.iter().filter(|delivery| delivery.kind != TEST).map(|delivery| delivery.event.0).collect();
        let events = self.target.view.by_ids(&self.hooks.parts.records, ids).await?;
        let events: HashMap<i64, String> = events.iter().map(|event| (event.id.0, event.body.clone())).collect();
        let mut messages = Vec::with_capacity(due.len());
        for mut delivery in due {
            let body = if delivery.kind == TEST { Some(self.test(&delivery)) } else { None };
            match body.or_else(|| events.get(&delivery.event.0).cloned()) {
                Some(body) => messages.push((delivery, body)),
                None => {
                    let why = "the event is no longer kept, or the endpoint may not see it";
                    writes.extend(delivery.drop(why, self.hooks.now(), self.target.space));
                    writes.push(delivery.save());
                }
            }
        }
        self.ship(chains(messages, self.target.ordered), writes, End::Due).await
    }

    fn message(&self, event: &Shown, now: i64) -> Message {
        let delivery = Delivery::new(self.target.id, event.id, event.sequence, &event.kind, &event.subject, now);
        (delivery, event.body.clone())
    }

    /// Those that need not wait for others of their subject.
    async fn in_line(&mut self, messages: Vec<Message>) -> Result<(Vec<Message>, Vec<Write>)> {
        if !self.target.ordered || self.known.due_at.is_none() {
            return Ok((messages, Vec::new()));
        }
        self.written().await?;
        self.behind(messages).await
    }

    fn test(&self, delivery: &Delivery) -> String {
        let data = json!({"record": null, "changed": {}, "actor": {"type": "system", "user_id": null, "credential_id": null,
            "impersonator_id": null}, "request_id": null});
        let event = Event {
            sequence: 0,
            id: delivery.event.0,
            at: delivery.created_at,
            kind: TEST.to_owned(),
            subject: delivery.subject.clone(),
            record_id: self.target.id.0,
            data,
        };
        event.json(self.target.space).to_string()
    }

    /// Sends chains side by side. What came of them is written down with `writes`, most of it while the next ones are
    /// sent.
    async fn ship(&mut self, chains: Vec<Chain>, writes: Vec<Write>, end: End) -> Result<()> {
        let (hooks, target) = (self.hooks.clone(), self.target.clone());
        let room = if self.breaker.room(TOGETHER) == Ok(TOGETHER) { TOGETHER } else { 1 };
        let way = Way {
            hooks: &hooks,
            target: &target,
            worker: (&self.breaker, &self.schedule),
            secrets: &self.known.secrets,
            stopped: &self.stopped,
        };
        let mut all = Outcomes { writes, ..Outcomes::default() };
        let mut begun = Instant::now();
        {
            let sent = futures::stream::iter(chains).map(|chain| way.follow(chain)).buffer_unordered(room);
            let mut parts = pin!(sent.ready_chunks(TAKEN));
            while let Some(done) = parts.next().await {
                done.into_iter().for_each(|one| all.add(one));
                if begun.elapsed() >= SHOWN && !all.writes.is_empty() {
                    let writes = std::mem::take(&mut all.writes);
                    hooks.store().commit(Batch { space: target.space, writes }).await?;
                    begun = Instant::now();
                }
            }
        }
        let mut writes = Vec::with_capacity(all.writes.len() + 2);
        match end {
            End::New(up_to) => {
                if all.unsent.is_some() {
                    self.left(up_to).await?;
                }
                writes.push(self.raise(all.unsent.map_or(up_to, |first| first - 1)).await?);
            }
            End::Recovered(up_to, to) => {
                let from = all.unsent.map_or(up_to, |first| first - 1);
                let rest = |value: i64| if from >= to { Value::Null } else { Value::Int(value) };
                writes.push(
                    self.keep(vec![("recover_from", Kind::Int, rest(from)), ("recover_to", Kind::Int, rest(to))]),
                );
            }
            End::Due => {}
        }
        writes.append(&mut all.writes);
        let before = self.known.state.health();
        let turn = Turn { accepted: all.accepted, refused: all.refused, is_closed: self.breaker.is_closed() };
        self.known.state.seen(turn, target.updated_at, hooks.now());
        writes.extend(self.known.state.change(before, target.id));
        self.known.due_at = [self.known.due_at, all.next].into_iter().flatten().min();
        self.write(writes).await?;
        if all.is_gone {
            return self.disable("it answered 410: it wants no more messages").await;
        }
        let failing = self.known.state.failing_since;
        if failing.is_some_and(|since| self.hooks.now() - since >= self.schedule.given_up()) {
            self.disable("it accepted nothing for five days").await?;
        }
        Ok(())
    }
}

/// What messages need on their way.
struct Way<'a> {
    hooks: &'a Webhooks,
    target: &'a Target,
    worker: (&'a Breaker, &'a Schedule),
    secrets: &'a [crate::Secret],
    stopped: &'a watch::Receiver<bool>,
}

/// What became of messages.
#[derive(Default)]
struct Outcomes {
    writes: Vec<Write>,
    accepted: bool,
    /// How many attempts were.
    refused: i64,
    is_gone: bool,
    /// When the first of them is due again.
    next: Option<i64>,
    /// The number of the first that was not tried.
    unsent: Option<i64>,
}

fn first(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    [one, other].into_iter().flatten().min()
}

impl Outcomes {
    fn add(&mut self, other: Self) {
        self.writes.extend(other.writes);
        self.accepted |= other.accepted;
        self.refused += other.refused;
        self.is_gone |= other.is_gone;
        self.next = first(self.next, other.next);
        self.unsent = first(self.unsent, other.unsent);
    }
}

impl Way<'_> {
    /// Sends messages one after another; behind one that was refused the others wait.
    async fn follow(&self, chain: Chain) -> Outcomes {
        let mut outcomes = Outcomes::default();
        let (breaker, _) = self.worker;
        let mut chain = chain.into_iter();
        while let Some((delivery, body)) = chain.next() {
            let waits = outcomes.refused > 0 && self.target.ordered;
            if waits || breaker.is_open() || *self.stopped.borrow() {
                outcomes.unsent = first(outcomes.unsent, Some(delivery.sequence));
                break;
            }
            let next = self.send(delivery, body, &mut outcomes).await;
            if next.is_some() && self.target.ordered {
                for (mut behind, _) in chain.by_ref() {
                    behind.next_at = next;
                    outcomes.writes.push(behind.save());
                }
            }
        }
        outcomes
    }

    /// Sends one; when it is to be tried again.
    async fn send(&self, mut delivery: Delivery, body: String, outcomes: &mut Outcomes) -> Option<i64> {
        let (breaker, schedule) = self.worker;
        let made = self.hooks.post(self.target, self.secrets, &delivery, body).await;
        let now = self.hooks.now();
        let metrics = &self.hooks.metrics;
        outcomes.writes.extend(delivery.tried(made.attempt, self.target.space));
        let mut next = None;
        if made.outcome == Outcome::Accepted {
            breaker.succeeded();
            metrics.delivered.increment();
            if delivery.attempts == 1 && delivery.sequence > 0 {
                metrics.delay.observe(span(now - (delivery.event.0 >> 18)));
            }
            delivery.finish("delivered", now);
            outcomes.accepted = true;
        } else {
            breaker.failed();
            outcomes.refused += 1;
            outcomes.is_gone |= made.outcome == Outcome::Gone;
            let asked = if let Outcome::Refused(asked) = made.outcome { asked } else { None };
            let pause = schedule.pause(delivery.attempts).filter(|_| made.outcome != Outcome::Gone);
            next = pause.map(|pause| now + pause.max(asked.unwrap_or(0)));
            if next.is_some() {
                metrics.retried.increment();
                delivery.next_at = next;
                outcomes.next = first(outcomes.next, next);
            } else {
                metrics.failed.increment();
                delivery.finish("failed", now);
            }
        }
        outcomes.writes.push(delivery.save());
        next
    }
}
