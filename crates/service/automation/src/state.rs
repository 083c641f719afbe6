//! Where a run is: a row that every step moves on, in the commit of what the step did.

use kontor_model::clock::NOTICED_MS;
use kontor_model::{Error, Id, Kind, Op, Result, SpaceId, Value};
use kontor_store::{Batch, ColumnRef, Cond, Expr, Select, Set, Store, Write, system};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as J};

/// What is still to be done, the next first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Task {
    /// The step at a place.
    Step { at: String, scope: Option<Scope> },
    /// The steps of a loop for the items from the `n`-th on.
    Loop { at: String, items: Vec<J>, n: usize, scope: Option<Scope> },
}

/// The item of the loop around a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scope {
    pub item: J,
    pub index: usize,
}

impl Task {
    pub fn steps(places: Vec<String>, scope: Option<&Scope>) -> Vec<Task> {
        places.into_iter().map(|at| Task::Step { at, scope: scope.cloned() }).collect()
    }
}

/// The place of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    /// The workflow as it was when the run began.
    pub workflow: J,
    pub steps: J,
    pub todo: Vec<Task>,
    /// What named steps gave.
    pub outputs: Map<String, J>,
    /// Steps that were done.
    pub count: i64,
    /// Attempts at the next step that failed.
    pub tries: u32,
    /// What the next step waits for.
    #[serde(default)]
    pub waiting: Option<Waiting>,
}

/// A wait that has begun.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    pub until: Option<i64>,
    /// A moment that the step names, and not so long from when it began.
    #[serde(default)]
    pub named: bool,
    /// Types, and the record that the events are about.
    pub event: Option<(String, i64)>,
}

impl Waiting {
    pub fn wake(&self) -> Wake {
        Wake { at: self.until, event: self.event.clone().map(|(types, id)| (types, Id(id))) }
    }
}

/// A row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub run: Id,
    pub version: i64,
    pub wake_at: Option<i64>,
    pub woken_by: Option<i64>,
    pub state: State,
    /// When `wake_at` was decided.
    pub planned_at: Option<i64>,
}

/// When a run goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Wake {
    pub at: Option<i64>,
    /// The events that wake it, and the record that they are about.
    pub event: Option<(String, Id)>,
}

impl Wake {
    pub fn at(at: i64) -> Self {
        Self { at: Some(at), event: None }
    }
}

fn columns() -> Vec<Expr> {
    [
        ("run_id", Kind::Int),
        ("version", Kind::Int),
        ("wake_at", Kind::Int),
        ("woken_by", Kind::Int),
        ("state", Kind::Json),
        ("planned_at", Kind::Int),
    ]
    .map(|(name, kind)| Expr::column(name, kind))
    .to_vec()
}

fn row(values: &[Value]) -> Option<Row> {
    let [run, version, wake, woken, state, planned] = values else { return None };
    Some(Row {
        run: Id(run.as_i64()?),
        version: version.as_i64()?,
        wake_at: wake.as_i64(),
        woken_by: woken.as_i64(),
        state: serde_json::from_str(state.as_str()?).ok()?,
        planned_at: planned.as_i64(),
    })
}

/// # Errors
/// The database's.
pub(crate) async fn load(store: &dyn Store, space: SpaceId, run: Id) -> Result<Option<Row>> {
    let select = Select::new(space, system::WORKFLOW_STATE, columns()).equals("run_id", Kind::Int, run.0).limit(1);
    Ok(store.rows(select).await?.first().and_then(|values| row(values)))
}

/// Runs that are due, those that have waited longest first.
///
/// # Errors
/// The database's.
pub(crate) async fn due(store: &dyn Store, space: SpaceId, now: i64, limit: u64) -> Result<Vec<Id>> {
    let select = Select::new(space, system::WORKFLOW_STATE, vec![Expr::column("run_id", Kind::Int)])
        .filter(Cond::Test { left: Expr::column("wake_at", Kind::Int), op: Op::Lte, right: Value::Int(now) })
        .order(Expr::column("wake_at", Kind::Int), false)
        .limit(limit);
    Ok(store.rows(select).await?.iter().filter_map(|row| row.first()?.as_i64().map(Id)).collect())
}

/// Runs whose place was decided by a clock that has been set back since: in what is the future at `now`.
///
/// # Errors
/// The database's.
pub(crate) async fn ahead(store: &dyn Store, space: SpaceId, now: i64, limit: u64) -> Result<Vec<Row>> {
    let later =
        |name: &str, than: i64| Cond::Test { left: Expr::column(name, Kind::Int), op: Op::Gt, right: Value::Int(than) };
    let select = Select::new(space, system::WORKFLOW_STATE, columns())
        .filter(later("wake_at", now))
        .filter(later("planned_at", now.saturating_add(NOTICED_MS)))
        .limit(limit);
    Ok(store.rows(select).await?.iter().filter_map(|values| row(values)).collect())
}

/// Lets a run go on at another time: only when, and until when it waits, is changed.
///
/// # Errors
/// A state that cannot be written.
pub(crate) fn put_right(row: &Row, state: &State, at: i64, now: i64) -> Result<Write> {
    Ok(Write::Update {
        table: system::WORKFLOW_STATE.into(),
        keys: keys(row.run, row.version),
        set: vec![
            set("version", Kind::Int, row.version + 1),
            set("wake_at", Kind::Int, at),
            set("planned_at", Kind::Int, now),
            set("state", Kind::Json, Value::Json(serde_json::to_string(state).map_err(Error::internal)?)),
        ],
        must: true,
        search: None,
    })
}

/// Runs that wait for events about a record: run, version, events.
///
/// # Errors
/// The database's.
pub(crate) async fn waiting(store: &dyn Store, space: SpaceId, record: Id) -> Result<Vec<(Id, i64, String)>> {
    let columns =
        vec![Expr::column("run_id", Kind::Int), Expr::column("version", Kind::Int), Expr::column("awaits", Kind::Text)];
    let select =
        Select::new(space, system::WORKFLOW_STATE, columns).equals("awaits_id", Kind::Int, record.0).limit(500);
    let of = |values: &Vec<Value>| {
        Some((Id(values.first()?.as_i64()?), values.get(1)?.as_i64()?, values.get(2)?.as_str()?.to_owned()))
    };
    Ok(store.rows(select).await?.iter().filter_map(of).collect())
}

fn keys(run: Id, version: i64) -> Vec<(ColumnRef, Value)> {
    vec![system::key("run_id", Kind::Int, run.0), system::key("version", Kind::Int, version)]
}

fn set(name: &str, kind: Kind, value: impl Into<Value>) -> (ColumnRef, Set) {
    (ColumnRef::new(name, kind), Set::To(value.into()))
}

/// The row of a run that begins.
///
/// # Errors
/// A state that cannot be written.
pub(crate) fn begin(run: Id, state: &State, now: i64) -> Result<Write> {
    let mut batch = Batch::new(SpaceId(0));
    batch.insert(
        system::WORKFLOW_STATE,
        vec![
            ("run_id", Kind::Int, run.0.into()),
            ("version", Kind::Int, 1.into()),
            ("wake_at", Kind::Int, now.into()),
            ("state", Kind::Json, Value::Json(serde_json::to_string(state).map_err(Error::internal)?)),
            ("planned_at", Kind::Int, now.into()),
        ],
    );
    batch.writes.pop().ok_or_else(|| Error::internal("no write"))
}

/// Moves a run on at `now`; it holds only where nobody else has.
///
/// # Errors
/// A state that cannot be written.
pub(crate) fn moved(row: &Row, state: &State, wake: &Wake, now: i64) -> Result<Write> {
    let (awaits, about) =
        wake.event.clone().map_or((Value::Null, Value::Null), |(types, id)| (types.into(), id.0.into()));
    Ok(Write::Update {
        table: system::WORKFLOW_STATE.into(),
        keys: keys(row.run, row.version),
        set: vec![
            set("version", Kind::Int, row.version + 1),
            (ColumnRef::new("wake_at", Kind::Int), Set::To(wake.at.map_or(Value::Null, Value::Int))),
            (ColumnRef::new("awaits", Kind::Text), Set::To(awaits)),
            (ColumnRef::new("awaits_id", Kind::Int), Set::To(about)),
            (ColumnRef::new("woken_by", Kind::Int), Set::To(Value::Null)),
            set("planned_at", Kind::Int, now),
            set("state", Kind::Json, Value::Json(serde_json::to_string(state).map_err(Error::internal)?)),
        ],
        must: true,
        search: None,
    })
}

/// Wakes a run that waited for an event.
pub(crate) fn woken(run: Id, version: i64, sequence: i64, now: i64) -> Write {
    Write::Update {
        table: system::WORKFLOW_STATE.into(),
        keys: keys(run, version),
        set: vec![
            set("version", Kind::Int, version + 1),
            set("wake_at", Kind::Int, now),
            (ColumnRef::new("awaits", Kind::Text), Set::To(Value::Null)),
            (ColumnRef::new("awaits_id", Kind::Int), Set::To(Value::Null)),
            set("woken_by", Kind::Int, sequence),
            set("planned_at", Kind::Int, now),
        ],
        must: false,
        search: None,
    }
}

/// Wakes a run now, whatever it waits for, or lets it rest (`None`).
pub(crate) fn nudged(run: Id, at: Option<i64>) -> Write {
    Write::Update {
        table: system::WORKFLOW_STATE.into(),
        keys: vec![system::key("run_id", Kind::Int, run.0)],
        set: ["wake_at", "planned_at"]
            .map(|name| (ColumnRef::new(name, Kind::Int), Set::To(at.map_or(Value::Null, Value::Int))))
            .into(),
        must: false,
        search: None,
    }
}

/// The end of a run.
pub(crate) fn over(row: &Row) -> Write {
    Write::Delete { table: system::WORKFLOW_STATE.into(), keys: keys(row.run, row.version), must: true, search: false }
}
