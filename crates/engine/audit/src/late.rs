//! Entries that were committed after younger ones had been sealed: a commit that waited long, a clock that was behind.

use std::collections::HashSet;

use kontor_model::{Kind, Op, Result, SpaceId, Value};
use kontor_store::{Cond, Expr, Select, Store, system};

use crate::row::{self, Row};
use crate::seal::Seal;
use crate::stream::{Stream, compare};

/// Ids of one late seal at most.
const MOST: usize = 512;

/// Ids that are looked at together: what is held in memory does not grow with what was written.
const PAGE: u64 = 8_192;

/// Entries with `from < id ≤ watermark` that no seal lists, oldest first.
///
/// # Errors
/// The database's.
pub async fn find(store: &dyn Store, space: SpaceId, from: i64, watermark: i64) -> Result<Vec<Row>> {
    let only_id = |values: Vec<Value>| values.first().and_then(Value::as_i64);
    let mut ids = Stream::new(store, space, system::AUDIT, vec![Expr::column("id", Kind::Int)], only_id)
        .within(from, watermark)
        .page(PAGE);
    let mut late = Vec::new();
    while late.len() < MOST
        && let Some(page) = ids.chunk().await?
        && let (Some(first), Some(last)) = (page.first(), page.last())
    {
        let sealed = sealed(store, space, *first, *last).await?;
        late.extend(page.iter().filter(|id| !sealed.contains(id)).take(MOST - late.len()));
    }
    if late.is_empty() {
        return Ok(Vec::new());
    }
    let select = Select::new(space, system::AUDIT, row::columns())
        .filter(Cond::Test { left: Expr::column("id", Kind::Int), op: Op::In, right: Value::Ints(late) })
        .order(Expr::column("id", Kind::Int), false);
    Ok(store.rows(select).await?.into_iter().filter_map(Row::read).collect())
}

/// The ids from `first` to `last` that seals list.
async fn sealed(store: &dyn Store, space: SpaceId, first: i64, last: i64) -> Result<HashSet<i64>> {
    let mut sealed = HashSet::new();
    let mut seals = Stream::new(store, space, system::AUDIT_SEAL, crate::seal::columns(), Seal::read)
        .having(compare("last_id", Op::Gte, first))
        .having(compare("first_id", Op::Lte, last))
        .page(16);
    while let Some(seal) = seals.next().await? {
        sealed.extend(seal.entries().map(|(id, _)| id).filter(|id| (first..=last).contains(id)));
    }
    Ok(sealed)
}
