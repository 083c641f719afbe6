//! How far the log of a space goes.

use kontor_model::{Kind, Op, Result, SpaceId, Value};
use kontor_store::{Cond, Expr, Select, Store, system};

/// The numbers of a space's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The oldest event that is kept; one more than `last` when there is none.
    pub first: i64,
    /// The newest event; 0 when there was none yet.
    pub last: i64,
}

pub(crate) fn compare(name: &str, op: Op, value: i64) -> Cond {
    Cond::Test { left: Expr::column(name, Kind::Int), op, right: Value::Int(value) }
}

/// The first id of a millisecond.
pub(crate) fn id_at(ms: i64) -> i64 {
    ms.saturating_mul(1 << 18)
}

pub(crate) async fn stored_head(store: &dyn Store, space: SpaceId) -> Result<Option<Head>> {
    let columns = vec![Expr::column("first", Kind::Int), Expr::column("last", Kind::Int)];
    let rows = store.rows(Select::new(space, system::EVENT_HEAD, columns).limit(1)).await?;
    Ok(match rows.first().map(Vec::as_slice) {
        Some([Value::Int(first), Value::Int(last)]) => Some(Head { first: *first, last: *last }),
        _ => None,
    })
}

/// How far the log goes.
///
/// # Errors
/// The database's.
pub async fn head(store: &dyn Store, space: SpaceId) -> Result<Head> {
    Ok(stored_head(store, space).await?.unwrap_or(Head { first: 1, last: 0 }))
}

/// Events that were made within one look for a moment, in whatever order they were numbered.
const LOOK: u64 = 500;

/// The number before that of the first event made at `ms` (Unix milliseconds) or later; the log's last when there is
/// none yet.
///
/// # Errors
/// The database's.
pub async fn since(store: &dyn Store, space: SpaceId, ms: i64) -> Result<i64> {
    let select = Select::new(space, system::EVENT, vec![Expr::column("sequence", Kind::Int)])
        .filter(compare("id", Op::Gte, id_at(ms)))
        .filter(compare("sequence", Op::Gt, 0))
        .order(Expr::column("id", Kind::Int), false)
        .limit(LOOK);
    let rows = store.rows(select).await?;
    match rows.iter().filter_map(|row| row.first()?.as_i64()).min() {
        Some(first) => Ok(first - 1),
        None => Ok(head(store, space).await?.last),
    }
}
