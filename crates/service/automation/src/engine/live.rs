//! A run, step by step: what a step does, its line in the history and the run's new place are one commit.

use std::sync::{Mutex, PoisonError};

use kontor_events::{Subjects, Types, read, shown};
use kontor_model::{Change, Changes, Error, ErrorCode, Id, Json, Letter, Result, SpaceId, Step};
use kontor_records::{Answer, Call, Ctx, Found, Given, Outcome};
use kontor_store::Write;
use serde_json::{Map, Value as J, json};
use tokio::sync::watch;

use super::intent::{Asked, Intent, intent, is_passing};
use super::lines::{goes_on, history, letter, of, outcome, place, waits};
use super::outbound::Mark;
use super::{Automation, lost};
use crate::acts::related;
use crate::rights::Rights;
use crate::state::{self, Row, Scope, State, Task, Waiting, Wake};
use crate::values::{moment, record};
use crate::{RUN, program, sign};

/// Attempts at a step when nothing is said, and seconds before the second.
const TRIES: u64 = 3;
const SECONDS: u64 = 5;
/// What the record that a step makes is called by its line in the history.
pub(super) const MADE: &str = "$made.id";
/// The field of a line that names the record it made.
pub(super) const RECORD: &str = "record_id";
/// Steps of one run: a loop in a loop comes to its end.
const MOST_STEPS: i64 = 20_000;

/// The beginning of a run's request id, by which what it causes is known.
const REQUEST: &str = "workflow-";

/// The request id of a run's changes.
pub(crate) fn request(run: Id, depth: i64) -> String {
    format!("{REQUEST}{depth}-{run}")
}

/// How many runs led to what a request did; none when no run did it.
pub(crate) fn depth_of(request: &str) -> Option<i64> {
    request.strip_prefix(REQUEST)?.split_once('-')?.0.parse().ok()
}

/// A run on its way.
pub(super) struct Live {
    pub ctx: Ctx,
    pub own: Ctx,
    pub run: Found,
    pub row: Row,
}

/// What a step came to, before the commit.
pub(super) struct Done {
    pub kind: String,
    pub at: String,
    pub name: Option<String>,
    pub status: &'static str,
    pub input: J,
    pub error: Option<String>,
    pub attempts: i64,
}

/// Where the run goes behind a step.
pub(super) enum After {
    On,
    Rest(Wake),
    Over { status: &'static str, error: Option<String> },
}

impl Automation {
    /// Goes on with a run until it waits, is over, or the process stops.
    pub(super) async fn go_on(&self, space: SpaceId, run: Id, stopped: &watch::Receiver<bool>) -> Result<()> {
        let own = self.own(space).await?;
        loop {
            if *stopped.borrow() {
                return Ok(());
            }
            let Some(row) = state::load(self.store(), space, run).await? else { return Ok(()) };
            if row.wake_at.is_none_or(|at| at > self.now()) {
                return Ok(());
            }
            let found = self.records().glimpse(&own, async |sight| sight.record(RUN, run).await).await?;
            let Some(found) = found else { return self.write(space, state::over(&row)).await };
            match found.text("status") {
                "running" | "waiting" => {}
                // It is begun again by what resumes it.
                "pending" => return Ok(()),
                "paused" | "failed" => {
                    let state = row.state.clone();
                    return self.write(space, state::moved(&row, &state, &Wake::default(), self.now())?).await;
                }
                _ => return self.write(space, state::over(&row)).await,
            }
            let rights = Rights::read(found.text("rights")).ok_or_else(|| Error::internal("a run without rights"))?;
            let depth = found.int("depth").unwrap_or_default();
            let ctx = match self.enter(space, rights, request(run, depth)).await {
                Ok(ctx) => ctx,
                Err(error) if error.code().status() < 500 => {
                    let live = Live { ctx: own.clone(), own: own.clone(), run: found, row };
                    let why = "the user in whose right it runs is gone, or may not sign in".to_owned();
                    return self.end(&live, "failed", Some(why)).await;
                }
                Err(error) => return Err(error),
            };
            let live = Live { ctx, own: own.clone(), run: found, row };
            match lost(self.one(&live).await)? {
                Some(true) => {}
                // Over, waiting, or somebody else was quicker.
                Some(false) | None => return Ok(()),
            }
        }
    }

    pub(super) async fn write(&self, space: SpaceId, write: Write) -> Result<()> {
        let mut batch = kontor_store::Batch::new(space);
        batch.writes.push(write);
        match self.store().commit(batch).await {
            Ok(()) | Err(kontor_store::CommitError::Guard { .. }) => Ok(()),
            Err(kontor_store::CommitError::Store(error)) => Err(error.into()),
            Err(error) => Err(Error::internal(error)),
        }
    }

    /// One step; says whether the next may follow at once.
    async fn one(&self, live: &Live) -> Result<bool> {
        let state = &live.row.state;
        let Some(task) = state.todo.first().cloned() else {
            return self.end(live, "succeeded", None).await.map(|()| false);
        };
        if state.count >= MOST_STEPS {
            let why = format!("it has done {MOST_STEPS} steps, as many as a run may");
            return self.end(live, "failed", Some(why)).await.map(|()| false);
        }
        match task {
            Task::Loop { at, items, n, scope } => self.turn(live, &at, items, n, scope).await,
            Task::Step { at, scope } => self.step(live, &at, scope.as_ref()).await,
        }
    }

    /// The next item of a loop.
    async fn turn(&self, live: &Live, at: &str, items: Vec<J>, n: usize, scope: Option<Scope>) -> Result<bool> {
        let mut state = live.row.state.clone();
        state.todo.remove(0);
        if let Some(item) = items.get(n).cloned() {
            let body = program::at(&state.steps, at).map(|step| step["do"].clone()).unwrap_or_default();
            let mut next = Task::steps(program::places(&body, &format!("{at}.do")), Some(&Scope { item, index: n }));
            next.push(Task::Loop { at: at.to_owned(), items, n: n + 1, scope });
            next.extend(std::mem::take(&mut state.todo));
            state.todo = next;
        }
        state.count += 1;
        self.write(live.ctx.space(), state::moved(&live.row, &state, &Wake::at(self.now()), self.now())?).await?;
        Ok(true)
    }

    async fn step(&self, live: &Live, at: &str, scope: Option<&Scope>) -> Result<bool> {
        let now = self.now();
        let state = &live.row.state;
        let step = program::at(&state.steps, at).cloned().unwrap_or_default();
        let text = |name: &str| step[name].as_str().unwrap_or_default().to_owned();
        let name = Some(text("name")).filter(|name| !name.is_empty());
        let done = |status, input, error: Option<String>| Done {
            kind: text("kind"),
            at: at.to_owned(),
            name: name.clone(),
            status,
            input,
            error,
            attempts: i64::from(state.tries) + 1,
        };
        if let Some(waiting) = &state.waiting {
            return self.waited(live, waiting, done("succeeded", J::Null, None)).await;
        }
        let (object, id) = related(&live.run);
        let values = self.values(live, scope).await?;
        let asked = Asked {
            records: self.records(),
            ctx: &live.ctx,
            steps: &state.steps,
            at,
            scope,
            values: &values,
            related: (&object, id),
            owner: live.run.reference("owner_id"),
            now,
        };
        let (intent, input) = match intent(&asked).await {
            Ok(found) => found,
            Err(error) => return self.failed(live, &step, done("failed", J::Null, None), scope, error).await,
        };
        let attempt = self.carry_out(live, intent, done("succeeded", input.clone(), None)).await;
        match attempt {
            Ok(more) => {
                self.metrics.steps.add(1);
                Ok(more)
            }
            // The place has moved: it is looked at again.
            Err(error) if error.code() == ErrorCode::Conflict && error.detail().contains("taken this work over") => {
                Err(error)
            }
            Err(error) => self.failed(live, &step, done("failed", input, None), scope, error).await,
        }
    }

    async fn values(&self, live: &Live, scope: Option<&Scope>) -> Result<J> {
        let run = &live.run;
        let (object, id) = related(run);
        let own = record(self.records(), &live.ctx, &object, id).await?;
        let (now, today) = moment(self.now(), &live.ctx.settings().time_zone);
        let event = match run.int("event_sequence") {
            Some(sequence) => self.event(live, sequence).await?,
            None => None,
        };
        let (changed, event) = event.unwrap_or_default();
        let input: J = serde_json::from_str(run.text("input")).unwrap_or_default();
        let values = json!({
            "record": own,
            "changed": changed,
            "event": event,
            "input": input,
            "steps": live.row.state.outputs,
            "item": scope.map(|scope| &scope.item),
            "index": scope.map(|scope| scope.index),
            "now": now,
            "today": today,
            "workflow": live.row.state.workflow,
            "run": {"id": run.id.to_string(), "depth": run.int("depth")},
        });
        Ok(values)
    }

    /// What changed, and the event itself, as the run may see it; nothing when the log does not go back so far.
    async fn event(&self, live: &Live, sequence: i64) -> Result<Option<(J, J)>> {
        let (types, subjects) = (Types::default(), Subjects::default());
        let mut rows = read(self.store(), live.ctx.space(), sequence - 1, &types, &subjects, 1).await?;
        rows.retain(|row| row.sequence == sequence);
        let event = shown(self.records(), &live.ctx, rows).await?.pop();
        Ok(event.map(|event| {
            let about = json!({"type": event.kind, "subject": event.subject, "sequence": event.sequence.to_string(),
                "time": kontor_model::time::datetime_text(event.at), "actor": event.data["actor"]});
            (event.data["changed"].clone(), about)
        }))
    }

    async fn carry_out(&self, live: &Live, intent: Intent, done: Done) -> Result<bool> {
        match intent {
            Intent::Change(change) => {
                let about = (change.object().to_owned(), of(&change));
                self.commit(live, vec![change.into()], done, Some(about), None, Vec::new(), &After::On).await
            }
            Intent::Act { object, id, action, body } => self.act(live, &object, id, &action, &body, done).await,
            Intent::Notify { to, title, body } => {
                let (object, id) = related(&live.run);
                let mut data = json!({"owner_id": to.to_string(), "title": title.chars().take(255).collect::<String>(),
                    "event_type": live.run.text("event_type"), "related_to_object": object,
                    "related_to_id": id.map(|id| id.to_string())});
                if !body.is_empty() {
                    data["body"] = json!(body.chars().take(4_000).collect::<String>());
                }
                for empty in ["event_type", "related_to_object"] {
                    if data[empty].as_str() == Some("") {
                        data[empty] = J::Null;
                    }
                }
                let change = Change::Create { object: "notification".to_owned(), data: Json::from(&data) };
                let about = ("notification".to_owned(), None);
                self.commit(live, vec![Step::of_service(change)], done, Some(about), None, Vec::new(), &After::On).await
            }
            Intent::Mail(mail) => {
                let output = json!({"to": mail.to});
                self.commit(live, Vec::new(), done, None, Some(output), vec![letter(mail)], &After::On).await
            }
            Intent::Call(call) => {
                let id = format!("wf_{}_{}", live.run.id, live.row.state.count);
                let workflow = live.run.reference("workflow_id").unwrap_or(Id(0));
                let secret = sign::secret(self.records(), live.ctx.space(), workflow);
                let output = self.call(&live.own, &call, &Mark { id: &id, secret: &secret }).await?;
                self.commit(live, Vec::new(), done, None, Some(output), Vec::new(), &After::On).await
            }
            Intent::Wait(waiting) => {
                let wake = waiting.wake();
                let mut live =
                    Live { ctx: live.ctx.clone(), own: live.own.clone(), run: live.run.clone(), row: live.row.clone() };
                live.row.state.waiting = Some(waiting);
                let done = Done { status: "waiting", ..done };
                self.commit(&live, Vec::new(), done, None, None, Vec::new(), &After::Rest(wake)).await
            }
            Intent::Go { tasks, output } => self.go(live, tasks, output, done).await,
            Intent::Stop { reason } => {
                let error = Some(reason).filter(|reason| !reason.is_empty());
                let over = After::Over { status: "succeeded", error };
                self.commit(live, Vec::new(), done, None, None, Vec::new(), &over).await
            }
        }
    }

    async fn go(&self, live: &Live, tasks: Vec<Task>, output: J, mut done: Done) -> Result<bool> {
        if output["skipped"] == true {
            done.status = "skipped";
        }
        let mut live =
            Live { ctx: live.ctx.clone(), own: live.own.clone(), run: live.run.clone(), row: live.row.clone() };
        if !tasks.is_empty() {
            // The commit takes the first away: the step itself.
            live.row.state.todo.splice(1..1, tasks);
        }
        self.commit(&live, Vec::new(), done, None, Some(output), Vec::new(), &After::On).await
    }

    /// A wait that has begun: over, or not yet.
    async fn waited(&self, live: &Live, waiting: &Waiting, done: Done) -> Result<bool> {
        let over = waiting.until.is_some_and(|until| until <= self.now());
        let woken = live.row.woken_by;
        let mut state = live.row.state.clone();
        if !over && woken.is_none() {
            self.write(live.ctx.space(), state::moved(&live.row, &state, &waiting.wake(), self.now())?).await?;
            return Ok(false);
        }
        let output = json!({"event": woken.map(|sequence| sequence.to_string()), "timed_out": woken.is_none()});
        state.waiting = None;
        let row = Row { state, ..live.row.clone() };
        let live = Live { ctx: live.ctx.clone(), own: live.own.clone(), run: live.run.clone(), row };
        self.commit(&live, Vec::new(), done, None, Some(output), Vec::new(), &After::On).await
    }

    /// A step that was not done: tried again, gone around, or the end.
    async fn failed(&self, live: &Live, step: &J, done: Done, scope: Option<&Scope>, error: Error) -> Result<bool> {
        let why = error.detail().to_owned();
        let mut state = live.row.state.clone();
        let number = |name: &str, other: u64| step["retry"][name].as_u64().unwrap_or(other);
        if is_passing(&error) && u64::from(state.tries) + 1 < number("tries", TRIES) {
            let second = i64::try_from(self.parts.second.as_millis()).unwrap_or(1_000);
            let seconds = i64::try_from(number("seconds", SECONDS)).unwrap_or(5);
            let pause = seconds.saturating_mul(second).saturating_mul(1 << state.tries.min(16));
            state.tries += 1;
            let (now, pause) = (self.now(), pause.min(86_400_000));
            let again = state::moved(&live.row, &state, &Wake::at(now + pause), now)?;
            self.write(live.ctx.space(), again).await?;
            return Ok(false);
        }
        self.metrics.failed.add(1);
        let done = Done { error: Some(why.clone()), ..done };
        let output = json!({"error": why});
        match &step["on_error"] {
            J::String(word) if word == "continue" => {
                self.commit(live, Vec::new(), done, None, Some(output), Vec::new(), &After::On).await
            }
            list @ J::Array(_) => {
                let places = program::places(list, &format!("{}.on_error", done.at));
                state.todo.splice(1..1, Task::steps(places, scope));
                let row = Row { state, ..live.row.clone() };
                let live = Live { ctx: live.ctx.clone(), own: live.own.clone(), run: live.run.clone(), row };
                self.commit(&live, Vec::new(), done, None, Some(output), Vec::new(), &After::On).await
            }
            _ => {
                let at = format!("step {} ({}): {why}", done.at, done.kind);
                // The place stays: who mends what was wrong lets the run go on from here.
                let mut steps = vec![history(live, &done, &output, None, &[])];
                steps.push(outcome(live, "failed", Some(&at), self.now(), live.row.state.count + 1)?);
                state.tries = 0;
                state.count += 1;
                let rest = state::moved(&live.row, &state, &Wake::default(), self.now())?;
                self.change(&live.own, steps, &|_| vec![rest.clone()]).await?;
                Ok(false)
            }
        }
    }

    async fn end(&self, live: &Live, status: &'static str, error: Option<String>) -> Result<()> {
        let steps = vec![outcome(live, status, error.as_deref(), self.now(), live.row.state.count)?];
        let over = state::over(&live.row);
        lost(self.change(&live.own, steps, &|_| vec![over.clone()]).await).map(drop)
    }

    async fn change(
        &self,
        ctx: &Ctx,
        steps: Vec<Step>,
        also: &(dyn Fn(&[Result<Outcome>]) -> Vec<Write> + Send + Sync),
    ) -> Result<()> {
        let changes = Changes { steps, whole: true, allow_duplicates: true, ..Changes::default() };
        let nothing = |_: &[Result<Outcome>]| Answer { status: 200, headers: Vec::new(), body: Vec::new() };
        self.records().change_and(ctx, changes, true, &nothing, also).await.map(drop)
    }

    /// The commit of a step; says whether the next may follow at once.
    #[expect(clippy::too_many_arguments, reason = "the parts of one commit")]
    async fn commit(
        &self,
        live: &Live,
        mut steps: Vec<Step>,
        done: Done,
        about: Option<(String, Option<Id>)>,
        output: Option<J>,
        letters: Vec<Letter>,
        after: &After,
    ) -> Result<bool> {
        let changes_something = !steps.is_empty();
        let makes = about.as_ref().is_some_and(|(_, id)| id.is_none());
        if let (true, Some(first)) = (makes, steps.first_mut()) {
            first.name = Some("made".to_owned());
        }
        let shown = output.clone().unwrap_or(J::Null);
        let (next, end) = self.next(live, after)?;
        let own = std::iter::once(history(live, &done, &shown, about.as_ref(), &letters)).chain(end);
        // Behind a named step a text that begins with `$` would name something.
        steps.extend(own.map(|step| if makes { kontor_records::literal(step, RECORD) } else { step }));
        let (object, now) = (about.map(|(object, _)| object), self.now());
        let also = |results: &[Result<Outcome>]| {
            let own = results.first().and_then(|result| result.as_ref().ok()).filter(|_| changes_something);
            let given = match (&output, own, &object) {
                (Some(output), ..) => output.clone(),
                (None, Some(outcome), Some(object)) => {
                    let data: J = serde_json::from_slice(&outcome.data).unwrap_or_default();
                    json!({"id": outcome.id.to_string(), "object": object, "record": data})
                }
                _ => json!({}),
            };
            vec![place(&live.row, &next, &done, given, after, now)]
        };
        self.change(&live.ctx, steps, &also).await?;
        Ok(matches!(after, After::On))
    }

    /// The state behind a step, and what becomes of the run's record with it.
    fn next(&self, live: &Live, after: &After) -> Result<(State, Option<Step>)> {
        let mut state = live.row.state.clone();
        let now = self.now();
        let mut change = None;
        match after {
            After::Rest(wake) => change = Some(waits(live, wake)?),
            After::Over { status, error } => {
                state.todo.clear();
                change = Some(outcome(live, status, error.as_deref(), now, state.count + 1)?);
            }
            After::On => {
                if !state.todo.is_empty() {
                    state.todo.remove(0);
                }
                if state.todo.is_empty() {
                    change = Some(outcome(live, "succeeded", None, now, state.count + 1)?);
                } else if live.run.text("status") == "waiting" {
                    change = Some(goes_on(live)?);
                }
            }
        }
        state.count += 1;
        state.tries = 0;
        Ok((state, change))
    }

    async fn act(&self, live: &Live, object: &str, id: Id, action: &str, body: &J, done: Done) -> Result<bool> {
        let given: Mutex<J> = Mutex::new(json!({}));
        let keep = |given: &Mutex<J>, value: J| *given.lock().unwrap_or_else(PoisonError::into_inner) = value;
        let shown = |outcome: &Outcome| -> J {
            let data: J = serde_json::from_slice(&outcome.data).unwrap_or_default();
            json!({"id": outcome.id.to_string(), "object": outcome.def.name, "record": data})
        };
        let render = |answer: Given<'_>| {
            let value = match answer {
                Given::One(outcome) => shown(outcome),
                Given::Named(named) => J::Object(
                    named
                        .iter()
                        .map(|(name, outcome)| ((*name).to_owned(), outcome.map_or(J::Null, shown)))
                        .collect::<Map<String, J>>(),
                ),
            };
            keep(&given, value);
            Answer { status: 200, headers: Vec::new(), body: Vec::new() }
        };
        let about = (object.to_owned(), Some(id));
        let mut more = vec![history(live, &done, &J::Null, Some(&about), &[])];
        let (next, end) = self.next(live, &After::On)?;
        more.extend(end);
        let now = self.now();
        let also = || {
            let value = given.lock().unwrap_or_else(PoisonError::into_inner).clone();
            vec![place(&live.row, &next, &done, value, &After::On, now)]
        };
        let body = Json::from(body);
        let call = Call { object, action, id, if_match: None, body: &body };
        self.records().act_and(&live.ctx, call, &render, &more, &also).await?;
        Ok(true)
    }
}
