//! An event as it is stored, with the entry of the audit that was written beside it.

use std::sync::Arc;

use kontor_model::{Kind, Op, Result, SpaceId, Value};
use kontor_store::{Cond, Expr, Join, Select, Source, Store, Which, system};

use crate::log::compare;
use crate::{Subjects, Types, object_of};

/// One stored event.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub sequence: i64,
    pub id: i64,
    /// Unix milliseconds.
    pub at: i64,
    /// `kontor.deal.won`
    pub kind: String,
    /// `deals/104512398120374272`
    pub subject: String,
    pub record_id: i64,
    /// The record afterwards as JSON; of a new one it is in `changes`.
    pub data: Option<String>,
    pub action: Option<String>,
    pub changes: Option<String>,
    pub user_id: Option<i64>,
    pub key_id: Option<i64>,
    pub impersonator_id: Option<i64>,
    pub credential: Option<String>,
    pub request_id: Option<String>,
}

fn columns() -> Vec<Expr> {
    let own = [
        ("sequence", Kind::Int),
        ("id", Kind::Int),
        ("at", Kind::Int),
        ("type", Kind::Text),
        ("subject", Kind::Text),
        ("record_id", Kind::Int),
        ("data", Kind::Text),
    ];
    let beside = [
        ("action", Kind::Text),
        ("changes", Kind::Text),
        ("user_id", Kind::Int),
        ("key_id", Kind::Int),
        ("impersonator_id", Kind::Int),
        ("credential", Kind::Text),
        ("request_id", Kind::Text),
    ];
    let of = |relation: usize| move |(name, kind): (&str, Kind)| Expr::Column { relation, name: Arc::from(name), kind };
    own.map(of(0)).into_iter().chain(beside.map(of(1))).collect()
}

impl Row {
    fn of(values: Vec<Value>) -> Option<Self> {
        let [
            Value::Int(sequence),
            Value::Int(id),
            Value::Int(at),
            Value::Text(kind),
            Value::Text(subject),
            Value::Int(record_id),
            data,
            action,
            changes,
            user,
            key,
            impersonator,
            credential,
            request,
        ]: [Value; 14] = values.try_into().ok()?
        else {
            return None;
        };
        let text = |value: Value| if let Value::Text(text) = value { Some(text) } else { None };
        Some(Self {
            sequence,
            id,
            at,
            kind,
            subject,
            record_id,
            data: text(data),
            action: text(action),
            changes: text(changes),
            user_id: user.as_i64(),
            key_id: key.as_i64().filter(|id| *id != 0),
            impersonator_id: impersonator.as_i64(),
            credential: text(credential),
            request_id: text(request),
        })
    }

    /// The object's name, the middle of the type.
    pub fn object(&self) -> &str {
        object_of(&self.kind)
    }
}

/// Events with what the audit has beside them.
fn select(space: SpaceId) -> Select {
    let audit = Source { table: system::AUDIT.into(), object: None, which: Which::All };
    let mut select = Select::new(space, system::EVENT, columns());
    select.joins.push(Join { source: audit, on: Expr::column("id", Kind::Int), filter: None });
    select
}

/// Those of `select` that are of these types and about these subjects, by their numbers.
async fn numbered(
    store: &dyn Store,
    mut select: Select,
    newest_first: bool,
    (types, subjects): (&Types, &Subjects),
    limit: u64,
) -> Result<Vec<Row>> {
    for cond in [types.cond(), subjects.cond(select.space)].into_iter().flatten() {
        select = select.filter(cond);
    }
    let select = select.order(Expr::column("sequence", Kind::Int), newest_first).limit(limit);
    Ok(store.rows(select).await?.into_iter().filter_map(Row::of).collect())
}

/// Events with numbers greater than `after`, in their order, whoever may see them.
///
/// # Errors
/// The database's.
pub async fn read(
    store: &dyn Store,
    space: SpaceId,
    after: i64,
    types: &Types,
    subjects: &Subjects,
    limit: u64,
) -> Result<Vec<Row>> {
    let select = select(space).filter(compare("sequence", Op::Gt, after.max(0)));
    numbered(store, select, false, (types, subjects), limit).await
}

/// Events with numbers below `before` and above `floor`, newest first, whoever may see them.
///
/// # Errors
/// The database's.
pub async fn read_back(
    store: &dyn Store,
    space: SpaceId,
    (floor, before): (i64, i64),
    types: &Types,
    subjects: &Subjects,
    limit: u64,
) -> Result<Vec<Row>> {
    let select =
        select(space).filter(compare("sequence", Op::Gt, floor.max(0))).filter(compare("sequence", Op::Lt, before));
    numbered(store, select, true, (types, subjects), limit).await
}

/// Events by their ids, in no order, whoever may see them.
///
/// # Errors
/// The database's.
pub async fn by_ids(store: &dyn Store, space: SpaceId, ids: Vec<i64>) -> Result<Vec<Row>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let among = Cond::Test { left: Expr::column("id", Kind::Int), op: Op::In, right: Value::Ints(ids) };
    Ok(store.rows(select(space).filter(among)).await?.into_iter().filter_map(Row::of).collect())
}
