//! The rows of counters: what is kept of each part of a live report.

use kontor_model::{Kind, Result, SpaceId, Value};
use kontor_store::{ColumnRef, Expr, OnConflict, Select, Set, Store, Write, system};

use super::parts::Part;

/// How far a counter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Building,
    Ready,
    /// The question could not be asked; it is tried again when the report or the catalog is another.
    Stopped,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            State::Building => "building",
            State::Ready => "ready",
            State::Stopped => "stopped",
        }
    }

    fn of(name: &str) -> Self {
        match name {
            "ready" => State::Ready,
            "building" => State::Building,
            _ => State::Stopped,
        }
    }
}

/// A counter as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counter {
    pub report: i64,
    pub number: i64,
    pub part: Part,
    pub catalog: i64,
    pub state: State,
    /// While it is built: the last record that was counted.
    pub built_to: i64,
    pub version: i64,
    /// Unix milliseconds; of each building another.
    pub begun_at: i64,
    /// Where the log ended before the first record was counted: what these events tell of was there already. Stored
    /// beside the state, as `ready 42`.
    pub log_end: i64,
}

const COLUMNS: [(&str, Kind); 9] = [
    ("report_id", Kind::Int),
    ("part", Kind::Int),
    ("object", Kind::Text),
    ("question", Kind::Text),
    ("catalog_version", Kind::Int),
    ("state", Kind::Text),
    ("built_to", Kind::Int),
    ("version", Kind::Int),
    ("begun_at", Kind::Int),
];

/// Counters of a space: all, of one report, or of those that count an object.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which<'a> {
    All,
    Report(i64),
    Object(&'a str),
}

/// # Errors
/// The database's.
pub(super) async fn counters(store: &dyn Store, space: SpaceId, which: Which<'_>) -> Result<Vec<Counter>> {
    let columns: Vec<Expr> = COLUMNS.iter().map(|(name, kind)| Expr::column(name, *kind)).collect();
    let select = Select::new(space, system::REPORT_COUNTER, columns)
        .order(Expr::column("report_id", Kind::Int), false)
        .order(Expr::column("part", Kind::Int), false);
    let select = match which {
        Which::All => select,
        Which::Report(id) => select.equals("report_id", Kind::Int, id),
        Which::Object(name) => select.equals("object", Kind::Text, name),
    };
    Ok(store.rows(select).await?.into_iter().filter_map(Counter::of).collect())
}

/// Names the rows of a part in any of the tables.
fn keys(report: i64, number: i64) -> Vec<(ColumnRef, Value)> {
    vec![system::key("report_id", Kind::Int, report), system::key("part", Kind::Int, number)]
}

fn delete(table: &str, report: i64, number: i64) -> Write {
    Write::Delete { table: table.into(), keys: keys(report, number), must: false, search: false }
}

impl Counter {
    fn of(row: Vec<Value>) -> Option<Self> {
        let [
            Value::Int(report),
            Value::Int(number),
            Value::Text(object),
            Value::Text(question),
            Value::Int(catalog),
            Value::Text(state),
            Value::Int(built_to),
            Value::Int(version),
            Value::Int(begun_at),
        ]: [Value; 9] = row.try_into().ok()?
        else {
            return None;
        };
        let (state, log_end) = state.split_once(' ').unwrap_or((state.as_str(), "0"));
        let (part, state, log_end) = (Part { object, question }, State::of(state), log_end.parse().unwrap_or(0));
        Some(Self { report, number, part, catalog, state, built_to, version, begun_at, log_end })
    }

    /// Says that something was counted: the first write of every commit that does, which fails when others did so since
    /// it was read.
    pub fn raise(&self, state: State, built_to: i64) -> Write {
        let state = format!("{} {}", state.name(), self.log_end);
        let mut keys = keys(self.report, self.number);
        keys.push(system::key("version", Kind::Int, self.version));
        Write::Update {
            table: system::REPORT_COUNTER.into(),
            keys,
            set: vec![
                (ColumnRef::new("state", Kind::Text), Set::To(state.into())),
                (ColumnRef::new("built_to", Kind::Int), Set::To(built_to.into())),
                (ColumnRef::new("version", Kind::Int), Set::Add(1)),
            ],
            must: true,
            search: None,
        }
    }

    /// A counter that begins with nothing, in place of `old`. Its version is one that no counter of the part has had.
    pub fn begin(report: i64, number: i64, part: &Part, catalog: i64, at: i64, old: Option<&Counter>) -> Vec<Write> {
        let mut writes = old.map(Counter::drop).unwrap_or_default();
        let version = old.map_or(0, |old| old.version + 1).max(at);
        let begun_at = old.map_or(0, |old| old.begun_at + 1).max(at);
        writes.push(Write::Insert {
            table: system::REPORT_COUNTER.into(),
            columns: COLUMNS.iter().map(|(name, kind)| ColumnRef::new(name, *kind)).collect(),
            values: vec![
                report.into(),
                number.into(),
                part.object.as_str().into(),
                part.question.as_str().into(),
                catalog.into(),
                State::Building.name().into(),
                0.into(),
                version.into(),
                begun_at.into(),
            ],
            on_conflict: OnConflict::Fail,
            search: None,
        });
        writes
    }

    /// Everything of it goes.
    pub fn drop(&self) -> Vec<Write> {
        let mut own = keys(self.report, self.number);
        own.push(system::key("version", Kind::Int, self.version));
        vec![
            Write::Delete { table: system::REPORT_COUNTER.into(), keys: own, must: true, search: false },
            delete(system::REPORT_GROUP, self.report, self.number),
            delete(system::REPORT_SHARE, self.report, self.number),
        ]
    }
}
