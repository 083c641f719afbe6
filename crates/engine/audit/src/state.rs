//! What is known of a chain without walking it: the last verification, the unsealed tail.

use kontor_model::{Error, Kind, Result, SpaceId, Value};
use kontor_store::{Batch, ColumnRef, CommitError, Expr, OnConflict, Select, Store, Write, system};

use crate::verify::behind;
use crate::{Report, seal};

/// The outcome of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Unix milliseconds.
    pub at: i64,
    pub seals: i64,
    pub entries: i64,
    /// In words; none when the chain held.
    pub fault: Option<String>,
}

/// Keeps the outcome of a verification, for those who ask later.
///
/// # Errors
/// The database's.
pub async fn keep(store: &dyn Store, report: &Report, now: i64) -> Result<()> {
    let number = |n: u64| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
    let columns = [
        ("id", Kind::Int),
        ("verified_at", Kind::Int),
        ("seals", Kind::Int),
        ("entries", Kind::Int),
        ("fault", Kind::Text),
    ];
    let mut batch = Batch::new(report.space);
    batch.writes.push(Write::Insert {
        table: system::AUDIT_STATE.into(),
        columns: columns.map(|(name, kind)| ColumnRef::new(name, kind)).into(),
        values: vec![
            1.into(),
            now.into(),
            number(report.seals),
            number(report.entries),
            report.fault.as_ref().map(ToString::to_string).into(),
        ],
        on_conflict: OnConflict::Replace,
        search: None,
    });
    store.commit(batch).await.map_err(|error| match error {
        CommitError::Store(error) => error.into(),
        other => Error::internal(other),
    })
}

/// The last verification of a space, if there was one.
///
/// # Errors
/// The database's.
pub async fn verified(store: &dyn Store, space: SpaceId) -> Result<Option<Verified>> {
    let columns = [("verified_at", Kind::Int), ("seals", Kind::Int), ("entries", Kind::Int), ("fault", Kind::Text)];
    let select = Select::new(space, system::AUDIT_STATE, columns.map(|(n, k)| Expr::column(n, k)).to_vec()).limit(1);
    let rows = store.rows(select).await?;
    Ok(match rows.first().map(Vec::as_slice) {
        Some([Value::Int(at), Value::Int(seals), Value::Int(entries), fault]) => {
            Some(Verified { at: *at, seals: *seals, entries: *entries, fault: fault.as_str().map(str::to_owned) })
        }
        _ => None,
    })
}

/// How many entries are newer than the last seal, and since when.
///
/// # Errors
/// The database's.
pub async fn unsealed(store: &dyn Store, space: SpaceId) -> Result<(u64, Option<i64>)> {
    let watermark = seal::last(store, space).await?.map_or(i64::MIN, |seal| seal.watermark);
    behind(store, space, watermark).await
}
