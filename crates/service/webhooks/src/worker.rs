//! One endpoint at work: what is due is sent first, then what is new in the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kontor_events::{Cursor, head, since};
use kontor_model::{Change, Changes, ErrorCode, Json, Kind, Mode, Op, Result, Step, Value};
use kontor_records::Answer;
use kontor_store::{Batch, Cond, Expr, Select, Write, system};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::ahead::Ahead;
use crate::breaker::Breaker;
use crate::row::{Delivery, whole};
use crate::schedule::Schedule;
use crate::state::{State, set};
use crate::target::Target;
use crate::view::Stretch;
use crate::{ENDPOINT, Secret, Webhooks, cursor_name};

/// Messages of one turn.
const AT_ONCE: usize = 256;
/// Calls of one endpoint at the same time.
pub(crate) const TOGETHER: usize = 16;
/// The longest sleep, and how old what is known of an endpoint may be: another process may have put something in.
const LOOK: Duration = Duration::from_secs(1);
/// The same where others say so.
const LOOK_TOLD: Duration = Duration::from_secs(30);
/// How old the cursor in the database may be where nothing was sent: raising it costs a commit.
const BEHIND: Duration = Duration::from_secs(10);

/// Wakes a worker.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    notify: Notify,
    look: AtomicBool,
}

impl Signal {
    /// The log goes on.
    pub fn wake(&self) {
        self.notify.notify_one();
    }

    /// Something is due that was not in the log, or the secrets have changed.
    pub fn look(&self) {
        self.look.store(true, Ordering::Release);
        self.notify.notify_one();
    }
}

/// An endpoint's worker.
pub(crate) struct Worker {
    pub(crate) hooks: Arc<Webhooks>,
    /// As it was last read; it is told of changes.
    news: watch::Receiver<Arc<Target>>,
    pub(crate) target: Arc<Target>,
    signal: Arc<Signal>,
    pub(crate) stopped: watch::Receiver<bool>,
    /// The version that was disabled; 0 is none.
    disabled: i64,
    pub(crate) breaker: Breaker,
    pub(crate) schedule: Schedule,
    pub(crate) known: Known,
    /// How far it is with what is sent before its time.
    pub(crate) ahead: Option<Ahead>,
    place: Option<Place>,
    /// What is being written down of the messages before.
    writing: Option<JoinHandle<Result<()>>>,
}

/// What is known of the endpoint besides its record.
#[derive(Default)]
pub(crate) struct Known {
    at: Option<Instant>,
    pub state: State,
    pub secrets: Vec<Secret>,
    /// When the next of those is due that have a row, in Unix milliseconds.
    pub due_at: Option<i64>,
    /// Those up to here are due whatever the clock says.
    due_to: i64,
}

/// How far the worker has come in the log.
struct Place {
    cursor: Cursor,
    /// The number up to which there is nothing left to do; the cursor in the database may be behind.
    position: i64,
    /// Up to here there may be rows already: of a worker before, or of a stretch that was left.
    rows_to: i64,
    raised: Instant,
}

impl Worker {
    pub fn new(
        hooks: Arc<Webhooks>,
        news: watch::Receiver<Arc<Target>>,
        signal: Arc<Signal>,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        let schedule = Schedule::new(hooks.parts.first_retry);
        let target = news.borrow().clone();
        let breaker = Breaker::new(schedule.cool_down());
        let (known, ahead, place, writing) = (Known::default(), None, None, None);
        Self { hooks, news, target, signal, stopped, disabled: 0, breaker, schedule, known, ahead, place, writing }
    }

    /// Works until the endpoint is no more or the process stops, once the worker before it has ended.
    pub async fn run(mut self, before: Option<JoinHandle<()>>) {
        if let Some(before) = before {
            before.await.ok();
        }
        let mut pause = Duration::ZERO;
        loop {
            tokio::select! {
                _ = self.stopped.wait_for(|stop| *stop) => break,
                () = self.signal.notify.notified(), if !pause.is_zero() => {}
                () = tokio::time::sleep(pause) => {}
            }
            self.target = self.news.borrow_and_update().clone();
            if self.disabled == self.target.version {
                pause = LOOK;
                continue;
            }
            pause = match self.work().await {
                Ok(pause) => pause,
                Err(error) => {
                    self.warn(&error);
                    // What was written is read again.
                    (self.place, self.known) = (None, Known::default());
                    LOOK
                }
            };
        }
        if let Err(error) = self.written().await {
            self.warn(&error);
        }
    }

    fn warn(&self, error: &kontor_model::Error) {
        let cause = error.internal_text().unwrap_or(error.detail());
        tracing::warn!(endpoint = %self.target.id, cause, "an endpoint's deliveries were not made");
    }

    /// Does what is to be done; how long there is nothing then.
    async fn work(&mut self) -> Result<Duration> {
        let hooks = self.hooks.clone();
        let look = self.signal.look.swap(false, Ordering::AcqRel);
        if look || self.known.at.is_none_or(|at| at.elapsed() >= hooks.rest()) {
            self.look().await?;
        }
        let now = hooks.now();
        let most = match self.breaker.room(TOGETHER) {
            Ok(1) => 1,
            Ok(_) => hooks.room(AT_ONCE),
            Err(left) => return Ok(left.min(LOOK)),
        };
        let due_to = self.known.due_to.max(now);
        if self.known.due_at.is_some_and(|at| at <= due_to) {
            let due = Cond::Test { left: Expr::column("next_at", Kind::Int), op: Op::Lte, right: due_to.into() };
            let due = self.waiting(due, hooks.turn(most).await).await?;
            self.send_due(due).await?;
            self.look().await?;
            return Ok(Duration::ZERO);
        }
        if self.known.state.back_since.is_some() {
            self.send_ahead(most).await?;
            self.look().await?;
            return Ok(Duration::ZERO);
        }
        self.ahead = None;
        if let Some((from, to)) = self.known.state.recover {
            let stretch = self.target.view.between(&hooks.parts.records, &self.target, from, to, most).await?;
            let stretch = hooks.narrowed(stretch).await;
            self.recover(stretch, to).await?;
            self.look().await?;
        }
        let position = self.place().await?.position;
        let mut stretch = self.target.view.after(&hooks.parts.records, &self.target, position, most).await?;
        // What happened before there was an endpoint is not for it; `recover` asks for that.
        stretch.events.retain(|event| event.id > self.target.id);
        if stretch.events.is_empty() {
            let moved = stretch.up_to > position;
            self.pass(stretch.up_to).await?;
            if moved || self.known.state.recover.is_some() {
                return Ok(Duration::ZERO);
            }
            return Ok(self.rest(now));
        }
        let stretch = hooks.narrowed(stretch).await;
        self.send_new(stretch).await?;
        Ok(Duration::ZERO)
    }

    /// How long there is nothing to do, as far as is known: until something is due, the cursor is to be raised, or what
    /// is known is old.
    fn rest(&self, now: i64) -> Duration {
        let longest = self.hooks.rest();
        let due = self.known.due_at.map(|at| span(at - now).max(Duration::from_millis(1)));
        let looked = self.known.at.map(|at| longest.saturating_sub(at.elapsed()));
        let behind = self.place.as_ref().filter(|place| place.cursor.sequence < place.position);
        let raised = behind.map(|place| BEHIND.saturating_sub(place.raised.elapsed()));
        [due, looked, raised].into_iter().flatten().min().unwrap_or(longest).min(longest)
    }

    /// Reads what is known of the endpoint.
    async fn look(&mut self) -> Result<()> {
        self.written().await?;
        let hooks = &self.hooks;
        let (space, id) = (self.target.space, self.target.id);
        let state = State::of(hooks.store(), space, id).await?.unwrap_or_default();
        let secrets = state.secrets(&*hooks.parts.sealing, id, hooks.now())?;
        let int = |name: &str| Expr::column(name, Kind::Int);
        let select = self
            .rows(vec![int("next_at"), int("created_at"), int("attempt_at")])
            .filter(Cond::Test { left: int("next_at"), op: Op::IsNull, right: false.into() })
            .order(int("next_at"), false)
            .limit(1);
        let rows = hooks.store().rows(select).await?;
        let first = rows.first().map(Vec::as_slice).unwrap_or_default();
        let at = |place: usize| first.get(place).and_then(Value::as_i64);
        // What was decided in the future was decided by a clock that has been set back since: it is due as it comes.
        let is_late = at(2).or(at(1)).is_some_and(|decided| decided > hooks.now());
        let due_at = at(0);
        let due_to = due_at.filter(|_| is_late).unwrap_or(i64::MIN);
        self.known = Known { at: Some(Instant::now()), state, secrets, due_at, due_to };
        Ok(())
    }

    /// The endpoint's deliveries.
    pub(crate) fn rows(&self, columns: Vec<Expr>) -> Select {
        let (space, id) = (self.target.space, self.target.id.0);
        Select::new(space, system::WEBHOOK_DELIVERY, columns).equals("endpoint_id", Kind::Int, id)
    }

    /// Of those that wait to be tried again the first in the order in which they are due.
    pub(crate) async fn waiting(&self, which: Cond, limit: usize) -> Result<Vec<Delivery>> {
        let select = self
            .rows(whole())
            .filter(which)
            .order(Expr::column("next_at", Kind::Int), false)
            .order(Expr::column("sequence", Kind::Int), false)
            .limit(u64::try_from(limit).unwrap_or(1));
        Ok(self.hooks.store().rows(select).await?.into_iter().filter_map(Delivery::of).collect())
    }

    /// Of these events those that have a row.
    pub(crate) async fn stored(&self, events: Vec<i64>) -> Result<Vec<Delivery>> {
        let among = Cond::Test { left: Expr::column("event_id", Kind::Int), op: Op::In, right: Value::Ints(events) };
        let rows = self.hooks.store().rows(self.rows(whole()).filter(among)).await?;
        Ok(rows.into_iter().filter_map(Delivery::of).collect())
    }

    /// Where the worker is in the log. One that begins goes on where the one before it was, but not before the
    /// endpoint was enabled.
    async fn place(&mut self) -> Result<&mut Place> {
        if self.place.is_none() {
            let (store, space) = (self.hooks.store(), self.target.space);
            let name = cursor_name(self.target.id);
            let enabled = since(store, space, self.target.enabled_since).await?;
            let found = Cursor::find(store, space, &name).await?;
            let cursor = match found {
                Some(cursor) => cursor,
                None => {
                    let cursor = Cursor { space, name, sequence: enabled };
                    store.commit(Batch { space, writes: vec![cursor.begin(self.hooks.now())] }).await?;
                    cursor
                }
            };
            let position = cursor.sequence.max(enabled);
            let rows_to = head(store, space).await?.last;
            self.place = Some(Place { cursor, position, rows_to, raised: Instant::now() });
        }
        self.place.as_mut().ok_or_else(|| kontor_model::Error::internal("an endpoint without a place"))
    }

    /// There is nothing to do up to here.
    async fn pass(&mut self, up_to: i64) -> Result<()> {
        let place = self.place().await?;
        place.position = up_to;
        if place.cursor.sequence < up_to && place.raised.elapsed() >= BEHIND {
            let raise = self.raise(up_to).await?;
            self.write(vec![raise]).await?;
        }
        Ok(())
    }

    /// Whether there may be rows of events up to this number.
    pub(crate) async fn may_have_rows(&mut self, sequence: i64) -> Result<bool> {
        Ok(self.place().await?.rows_to >= sequence)
    }

    /// Raises the cursor; to be the first of what is written.
    pub(crate) async fn raise(&mut self, to: i64) -> Result<Write> {
        let now = self.hooks.now();
        let place = self.place().await?;
        let raise = place.cursor.raise(to, now);
        (place.cursor.sequence, place.position, place.raised) = (to, to, Instant::now());
        Ok(raise)
    }

    /// A stretch was left before its end: behind it there are rows.
    pub(crate) async fn left(&mut self, end: i64) -> Result<()> {
        let place = self.place().await?;
        place.rows_to = place.rows_to.max(end);
        Ok(())
    }

    /// Writes down, while the next messages are sent.
    pub(crate) async fn write(&mut self, writes: Vec<Write>) -> Result<()> {
        self.written().await?;
        if !writes.is_empty() {
            let (hooks, space) = (self.hooks.clone(), self.target.space);
            let commit = async move { Ok(hooks.store().commit(Batch { space, writes }).await?) };
            self.writing = Some(tokio::spawn(commit));
        }
        Ok(())
    }

    /// Waits until what was to be written is.
    pub(crate) async fn written(&mut self) -> Result<()> {
        match self.writing.take() {
            Some(writing) => writing.await.map_err(kontor_model::Error::internal)?,
            None => Ok(()),
        }
    }

    /// Sets what is kept of the endpoint.
    pub(crate) fn keep(&self, values: Vec<(&str, Kind, Value)>) -> Write {
        set(self.target.id, values)
    }

    /// Sends nothing more until somebody enables it again; a change of the record, and an event, say so.
    pub(crate) async fn disable(&mut self, why: &str) -> Result<()> {
        self.written().await?;
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
        self.disabled = self.target.version;
        match hooks.parts.records.change(&ctx, Changes { steps, ..Changes::default() }, true, &nothing).await {
            Ok(_) => tracing::warn!(endpoint = %self.target.id, why, "a webhook endpoint was disabled"),
            // Somebody changed it meanwhile.
            Err(error) if matches!(error.code(), ErrorCode::VersionMoved | ErrorCode::NotFound) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

impl Webhooks {
    /// How long a worker may rest without a look.
    fn rest(&self) -> Duration {
        if self.commits.is_told() { LOOK_TOLD } else { LOOK }
    }

    /// How many messages may be made ready.
    fn room(&self, wanted: usize) -> usize {
        self.pace.room(self.parts.records.load(), wanted)
    }

    /// Waits until messages may go out; how many.
    pub(crate) async fn turn(&self, wanted: usize) -> usize {
        self.pace.turn(|| self.parts.records.load(), wanted).await
    }

    /// As much of a stretch as may be sent now.
    async fn narrowed(&self, mut stretch: Stretch) -> Stretch {
        let many = stretch.events.len();
        let most = self.turn(many).await;
        if most < many {
            stretch.events.truncate(most);
            stretch.up_to = stretch.events.last().map_or(stretch.up_to, |event| event.sequence);
        }
        stretch
    }
}

pub(crate) fn span(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}
