//! Old events go, oldest first and a bounded number at a time.

use kontor_model::{Kind, Op, Result, SpaceId, Value};
use kontor_store::{Batch, ColumnRef, CommitError, Expr, Lane, Select, Set, Store, Write, system};

use crate::log::{compare, stored_head};

/// Events of one commit.
const MOST: u64 = 500;

/// Deletes some of the events that were made before `before` (Unix milliseconds); says how many. Fewer than 500 are
/// the last.
///
/// # Errors
/// The database's.
pub async fn forget(store: &dyn Store, space: SpaceId, before: i64) -> Result<usize> {
    let Some(head) = stored_head(store, space).await? else { return Ok(0) };
    let columns = ["id", "sequence", "at"].map(|name| Expr::column(name, Kind::Int)).to_vec();
    let mut select = Select::new(space, system::EVENT, columns)
        .filter(compare("sequence", Op::Gt, 0))
        .order(Expr::column("sequence", Kind::Int), false)
        .limit(MOST);
    select.lane = Lane::Slow;
    let rows = store.rows(select).await?;
    let old = rows.iter().map_while(|row| match row.as_slice() {
        [Value::Int(id), Value::Int(sequence), Value::Int(at)] if *at < before => Some((*id, *sequence)),
        _ => None,
    });
    let old: Vec<(i64, i64)> = old.collect();
    let Some((_, last)) = old.last() else { return Ok(0) };
    let mut batch = Batch::new(space);
    batch.writes.push(Write::Update {
        table: system::EVENT_HEAD.into(),
        keys: vec![system::key("id", Kind::Int, 1), system::key("first", Kind::Int, head.first)],
        set: vec![(ColumnRef::new("first", Kind::Int), Set::To((last + 1).into()))],
        must: true,
        search: None,
    });
    batch.writes.extend(old.iter().map(|(id, _)| Write::Delete {
        table: system::EVENT.into(),
        keys: vec![system::key("id", Kind::Int, *id)],
        must: false,
        search: false,
    }));
    match store.commit(batch).await {
        Ok(()) => Ok(old.len()),
        Err(CommitError::Guard { .. }) => Ok(0),
        Err(error) => Err(error.into()),
    }
}
