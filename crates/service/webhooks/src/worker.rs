//! One endpoint at work: what is due is read, made from the log, sent, and written down.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures::StreamExt;
use kontor_events::{Event, by_ids, shown};
use kontor_model::{Change, Changes, ErrorCode, Json, Kind, Mode, Op, Result, Step, Value};
use kontor_records::Answer;
use kontor_store::{Batch, Cond, Expr, Select, Write, system};
use serde_json::json;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::breaker::Breaker;
use crate::row::{Delivery, columns};
use crate::schedule::Schedule;
use crate::send::Outcome;
use crate::state::{State, set};
use crate::target::Target;
use crate::{ENDPOINT, Webhooks};

/// Deliveries of one read.
const AT_ONCE: u64 = 64;
/// Calls of one endpoint at the same time.
const TOGETHER: usize = 16;
/// Deliveries that are looked at to find whose turn it is.
const LINE: u64 = 2_000;
/// Attempts that are written down in one commit.
const WRITTEN: usize = 32;
/// The longest sleep: another process may have put something in.
const LOOK: Duration = Duration::from_secs(1);
/// The type of what `test` sends.
pub(crate) const TEST: &str = "kontor.webhook.test";

/// An endpoint's worker.
pub(crate) struct Worker {
    hooks: Arc<Webhooks>,
    /// As it was last read; it is told of changes.
    news: watch::Receiver<Arc<Target>>,
    target: Arc<Target>,
    wake: Arc<Notify>,
    stopped: watch::Receiver<bool>,
    /// The version that was disabled; 0 is none.
    disabled: AtomicI64,
    breaker: Breaker,
    schedule: Schedule,
}

/// Deliveries that follow each other.
type Chain = Vec<(Delivery, Option<String>)>;

impl Worker {
    pub fn new(
        hooks: Arc<Webhooks>,
        news: watch::Receiver<Arc<Target>>,
        wake: Arc<Notify>,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        let schedule = Schedule::new(hooks.parts.first_retry);
        let target = news.borrow().clone();
        let breaker = Breaker::new(schedule.cool_down());
        Self { hooks, news, target, wake, stopped, disabled: AtomicI64::new(0), breaker, schedule }
    }

    /// Works until the endpoint is no more or the process stops, once the worker before it has ended.
    pub async fn run(mut self, before: Option<JoinHandle<()>>) {
        if let Some(before) = before {
            before.await.ok();
        }
        let mut pause = Duration::ZERO;
        loop {
            tokio::select! {
                _ = self.stopped.wait_for(|stop| *stop) => return,
                () = self.wake.notified(), if !pause.is_zero() => {}
                () = tokio::time::sleep(pause) => {}
            }
            self.target = self.news.borrow_and_update().clone();
            if self.disabled.load(Ordering::Acquire) == self.target.version {
                pause = LOOK;
                continue;
            }
            pause = match self.work().await {
                Ok(pause) => pause,
                Err(error) => {
                    let cause = error.internal_text().unwrap_or(error.detail());
                    tracing::warn!(endpoint = %self.target.id, cause, "an endpoint's deliveries were not made");
                    LOOK
                }
            };
        }
    }

    /// Does what is due; how long there is nothing to do then.
    async fn work(&self) -> Result<Duration> {
        let hooks = &self.hooks;
        let space = self.target.space;
        let Some(state) = State::of(hooks.store(), space, self.target.id).await? else { return Ok(LOOK) };
        if hooks.recover(&self.target, &state).await? {
            return Ok(Duration::ZERO);
        }
        let now = hooks.now();
        let room = match self.breaker.room(now, TOGETHER) {
            Ok(room) => room,
            Err(until) => return Ok(span(until - now).min(LOOK)),
        };
        let limit = if room == 1 { 1 } else { AT_ONCE };
        let due = self.due(now, limit).await?;
        if due.is_empty() {
            return self.rest(now).await;
        }
        let (due, mut writes) = if self.target.ordered { self.in_turn(due).await? } else { (due, Vec::new()) };
        let chains = self.made(due, &mut writes).await?;
        if !writes.is_empty() {
            hooks.store().commit(Batch { space, writes }).await?;
        }
        let state = &state;
        let sent = futures::stream::iter(chains).map(|chain| self.follow(chain, state)).buffer_unordered(room);
        let mut parts = std::pin::pin!(sent.ready_chunks(WRITTEN));
        let mut is_gone = false;
        let mut failing = state.failing_since;
        while let Some(done) = parts.next().await {
            let mut batch = Batch::new(space);
            let (mut accepted, mut refused) = (false, false);
            for outcome in done {
                let outcome = outcome?;
                batch.writes.extend(outcome.writes);
                accepted |= outcome.accepted;
                refused |= outcome.refused;
                is_gone |= outcome.is_gone;
            }
            let since = |value: Value| set(self.target.id, vec![("failing_since", Kind::Int, value)]);
            if accepted && failing.is_some() {
                failing = None;
                batch.writes.push(since(Value::Null));
            } else if !accepted && refused && failing.is_none_or(|since| since < self.target.updated_at) {
                failing = Some(hooks.now());
                batch.writes.push(since(failing.into()));
            }
            if !batch.writes.is_empty() {
                hooks.store().commit(batch).await?;
            }
        }
        let given_up = failing.is_some_and(|since| hooks.now() - since >= self.schedule.given_up());
        if is_gone {
            self.disable("it answered 410: it wants no more messages").await?;
        } else if given_up {
            self.disable("it accepted nothing for five days").await?;
        }
        Ok(Duration::ZERO)
    }

    fn select(&self) -> Select {
        Select::new(self.target.space, system::WEBHOOK_DELIVERY, columns()).equals(
            "endpoint_id",
            Kind::Int,
            self.target.id.0,
        )
    }

    async fn due(&self, now: i64, limit: u64) -> Result<Vec<Delivery>> {
        let select = self
            .select()
            .filter(Cond::Test { left: Expr::column("next_at", Kind::Int), op: Op::Lte, right: now.into() })
            .order(Expr::column("next_at", Kind::Int), false)
            .order(Expr::column("sequence", Kind::Int), false)
            .limit(limit);
        Ok(self.hooks.store().rows(select).await?.into_iter().filter_map(Delivery::of).collect())
    }

    /// How long nothing is due.
    async fn rest(&self, now: i64) -> Result<Duration> {
        let columns = vec![Expr::column("next_at", Kind::Int)];
        let select = Select::new(self.target.space, system::WEBHOOK_DELIVERY, columns)
            .equals("endpoint_id", Kind::Int, self.target.id.0)
            .filter(Cond::Test { left: Expr::column("next_at", Kind::Int), op: Op::Gt, right: now.into() })
            .order(Expr::column("next_at", Kind::Int), false)
            .limit(1);
        let rows = self.hooks.store().rows(select).await?;
        let next = rows.first().and_then(|row| row.first()?.as_i64());
        Ok(next.map_or(LOOK, |next| span(next - now).min(LOOK)).max(Duration::from_millis(1)))
    }

    /// Of an endpoint that wants order: those whose turn it is, which are the first of their subject. The others wait
    /// as long as the one before them.
    async fn in_turn(&self, due: Vec<Delivery>) -> Result<(Vec<Delivery>, Vec<Write>)> {
        let subjects: BTreeSet<String> = due.iter().map(|delivery| delivery.subject.clone()).collect();
        let test =
            |name: &str, kind: Kind, op: Op, right: Value| Cond::Test { left: Expr::column(name, kind), op, right };
        let select = self
            .select()
            .filter(test("subject", Kind::Text, Op::In, Value::Texts(subjects.into_iter().collect())))
            .filter(test("next_at", Kind::Int, Op::IsNull, Value::Bool(false)))
            .order(Expr::column("subject", Kind::Text), false)
            .order(Expr::column("sequence", Kind::Int), false)
            .limit(LINE);
        let rows = self.hooks.store().rows(select).await?;
        let mut lines: HashMap<String, Vec<Delivery>> = HashMap::new();
        for delivery in rows.into_iter().filter_map(Delivery::of) {
            lines.entry(delivery.subject.clone()).or_default().push(delivery);
        }
        Ok(turns(due, &lines, self.hooks.now()))
    }

    /// The bodies of deliveries, as the log shows the events now; what it shows no more is dropped.
    async fn made(&self, due: Vec<Delivery>, writes: &mut Vec<Write>) -> Result<Vec<Chain>> {
        let hooks = &self.hooks;
        let ids = due.iter().filter(|delivery| delivery.kind != TEST).map(|delivery| delivery.event.0).collect();
        let rows = by_ids(hooks.store(), self.target.space, ids).await?;
        let events = shown(&hooks.parts.records, &self.target.ctx, rows).await?;
        let events: HashMap<i64, &Event> = events.iter().map(|event| (event.id, event)).collect();
        let mut chains: BTreeMap<(i64, String), Chain> = BTreeMap::new();
        for mut delivery in due {
            let body = match events.get(&delivery.event.0) {
                _ if delivery.kind == TEST => Some(self.test(&delivery)),
                event => event.map(|event| event.json(self.target.space).to_string()),
            };
            if body.is_none() {
                delivery.error = Some("the event is no longer kept, or the endpoint may not see it".to_owned());
                delivery.finish("dropped", hooks.now());
                writes.push(delivery.update());
                continue;
            }
            let key =
                if self.target.ordered { (0, delivery.subject.clone()) } else { (delivery.event.0, String::new()) };
            chains.entry(key).or_default().push((delivery, body));
        }
        let mut chains: Vec<Chain> = chains.into_values().collect();
        chains.iter_mut().for_each(|chain| chain.sort_by_key(|(delivery, _)| delivery.sequence));
        chains.sort_by_key(|chain| chain.first().map(|(delivery, _)| delivery.sequence));
        Ok(chains)
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

    /// Sends deliveries one after another; behind one that was refused the others wait.
    async fn follow(&self, chain: Chain, state: &State) -> Result<Outcomes> {
        let mut outcomes = Outcomes::default();
        let mut chain = chain.into_iter();
        while let Some((mut delivery, body)) = chain.next() {
            if outcomes.refused && self.target.ordered
                || self.breaker.is_open(self.hooks.now())
                || *self.stopped.borrow()
            {
                break;
            }
            let Some(body) = body else { continue };
            let made = self.hooks.post(&self.target, state, &delivery, body).await?;
            let now = self.hooks.now();
            delivery.attempts += 1;
            delivery.status = made.attempt.status;
            delivery.error.clone_from(&made.attempt.error);
            delivery.duration_ms = Some(made.attempt.duration_ms);
            outcomes.writes.push(made.attempt.insert(&delivery, self.target.space));
            match made.outcome {
                Outcome::Accepted => {
                    self.breaker.succeeded();
                    self.hooks.metrics.delivered.increment();
                    if delivery.attempts == 1 && delivery.sequence > 0 {
                        let at = delivery.event.0 >> 18;
                        self.hooks.metrics.delay.observe(span(now - at));
                    }
                    delivery.finish("delivered", now);
                    outcomes.accepted = true;
                }
                refused => {
                    self.breaker.failed(now);
                    outcomes.refused = true;
                    outcomes.is_gone |= refused == Outcome::Gone;
                    let asked = if let Outcome::Refused(asked) = refused { asked } else { None };
                    match self.schedule.pause(delivery.attempts) {
                        Some(pause) if refused != Outcome::Gone => {
                            self.hooks.metrics.retried.increment();
                            delivery.next_at = Some(now + pause.max(asked.unwrap_or(0)));
                            if self.target.ordered {
                                for (mut behind, _) in chain.by_ref() {
                                    behind.next_at = delivery.next_at;
                                    outcomes.writes.push(behind.update());
                                }
                            }
                        }
                        _ => {
                            self.hooks.metrics.failed.increment();
                            delivery.finish("failed", now);
                        }
                    }
                }
            }
            outcomes.writes.push(delivery.update());
        }
        Ok(outcomes)
    }

    /// Sends nothing more until somebody enables it again; a change of the record, and an event, say so.
    async fn disable(&self, why: &str) -> Result<()> {
        let hooks = &self.hooks;
        let ctx = hooks.own(self.target.space).await?;
        let data =
            Json::Object(vec![("enabled".to_owned(), Json::Bool(false)), ("disabled_reason".to_owned(), why.into())]);
        let change = Change::Update {
            object: ENDPOINT.to_owned(),
            id: self.target.id,
            if_match: Some(self.target.version),
            mode: Mode::Merge,
            data,
        };
        let steps = vec![Step::of_service(change).told("disable", "disabled")];
        let nothing =
            |_: &[Result<kontor_records::Outcome>]| Answer { status: 200, headers: Vec::new(), body: Vec::new() };
        self.disabled.store(self.target.version, Ordering::Release);
        match hooks.parts.records.change(&ctx, Changes { steps, ..Changes::default() }, true, &nothing).await {
            Ok(_) => tracing::warn!(endpoint = %self.target.id, why, "a webhook endpoint was disabled"),
            // Somebody changed it meanwhile.
            Err(error) if matches!(error.code(), ErrorCode::VersionMoved | ErrorCode::NotFound) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// Those of the due whose turn it is, and the others put off. `lines` have all that wait, by subject in order.
fn turns(due: Vec<Delivery>, lines: &HashMap<String, Vec<Delivery>>, now: i64) -> (Vec<Delivery>, Vec<Write>) {
    let loaded: HashSet<i64> = due.iter().map(|delivery| delivery.event.0).collect();
    let (mut turn, mut writes) = (Vec::new(), Vec::new());
    for mut delivery in due {
        let line = lines.get(&delivery.subject).map(Vec::as_slice).unwrap_or_default();
        let place = line.iter().position(|other| other.event == delivery.event);
        let ahead = line.iter().take(place.unwrap_or(line.len())).find(|other| !loaded.contains(&other.event.0));
        if place.is_some() && ahead.is_none() {
            turn.push(delivery);
        } else {
            delivery.next_at = Some(ahead.and_then(|other| other.next_at).unwrap_or(now).max(now));
            writes.push(delivery.update());
        }
    }
    (turn, writes)
}

/// What became of a chain.
#[derive(Default)]
struct Outcomes {
    writes: Vec<Write>,
    accepted: bool,
    refused: bool,
    is_gone: bool,
}

fn span(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use kontor_model::Id;

    use super::*;

    fn waiting(event: i64, subject: &str, next_at: i64) -> Delivery {
        Delivery { next_at: Some(next_at), ..Delivery::new(Id(1), Id(event), event, "kontor.a.updated", subject, 0) }
    }

    #[test]
    fn the_first_of_a_subject_goes_and_the_rest_waits_for_it() {
        let all = [
            waiting(1, "a/1", 500),
            waiting(2, "a/1", 10),
            waiting(3, "b/1", 10),
            waiting(4, "b/1", 10),
            waiting(5, "c/1", 10),
            waiting(6, "c/1", 20),
            waiting(7, "c/1", 10),
        ];
        let mut lines: HashMap<String, Vec<Delivery>> = HashMap::new();
        all.iter().for_each(|one| lines.entry(one.subject.clone()).or_default().push(one.clone()));
        // The first of a waits for its next attempt, the second of c was not read.
        let due = [2, 3, 4, 5, 7].map(|n: usize| all[n - 1].clone()).to_vec();
        let (turn, writes) = turns(due, &lines, 100);
        assert_eq!(turn.iter().map(|one| one.event.0).collect::<Vec<_>>(), [3, 4, 5]);
        let put_off =
            |event: i64, next_at: i64| waiting(event, if event == 2 { "a/1" } else { "c/1" }, next_at).update();
        assert_eq!(writes, [put_off(2, 500), put_off(7, 100)]);
    }
}
