//! Everything that was written down about a record, or by a user.

use kontor_model::{Kind, Op, Result, SpaceId, Value};
use kontor_store::{Cond, Expr, Store, system};

use crate::row::{self, Row};
use crate::stream::{Stream, compare};

/// All entries of a record, oldest first; of record 0 those that belong to none.
///
/// # Errors
/// The database's.
pub async fn record(store: &dyn Store, space: SpaceId, record_id: i64) -> Result<Vec<Row>> {
    collect(store, space, compare("record_id", Op::Eq, record_id)).await
}

/// All entries of what a user did, oldest first.
///
/// # Errors
/// The database's.
pub async fn user(store: &dyn Store, space: SpaceId, user_id: i64) -> Result<Vec<Row>> {
    let left = Expr::column("user_id", Kind::Int);
    collect(store, space, Cond::Test { left, op: Op::Eq, right: Value::Int(user_id) }).await
}

async fn collect(store: &dyn Store, space: SpaceId, condition: Cond) -> Result<Vec<Row>> {
    let mut rows = Stream::new(store, space, system::AUDIT, row::columns(), Row::read).having(condition);
    let mut found = Vec::new();
    while let Some(row) = rows.next().await? {
        found.push(row);
    }
    Ok(found)
}
