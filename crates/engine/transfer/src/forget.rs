//! Files that may hold what was erased.

use kontor_jobs::State;
use kontor_model::{Id, Kind, Op, Result, SpaceId, Value};
use kontor_store::{Batch, ColumnRef, Cond, Expr, Select, Set, Write, system};

use crate::{Transfer, export, import};

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Files of imports and exports.
    pub files: u64,
    /// Files of jobs under way, which are kept.
    pub in_use: u64,
    pub jobs: u64,
}

impl Transfer {
    /// Removes all files of imports and exports of a space but those of jobs under way, and finished jobs whose options
    /// or report mention one of these texts.
    ///
    /// # Errors
    /// The database's.
    pub async fn forget(&self, space: SpaceId, mentions: &(dyn Fn(&str) -> bool + Send + Sync)) -> Result<Forgotten> {
        let store = self.store();
        let mut forgotten = Forgotten::default();
        let columns = [
            ("id", Kind::Int),
            ("state", Kind::Text),
            ("input", Kind::Json),
            ("checkpoint", Kind::Json),
            ("output", Kind::Json),
            ("error", Kind::Text),
        ];
        let columns: Vec<Expr> = columns.map(|(name, kind)| Expr::column(name, kind)).to_vec();
        let (mut after, mut under_way) = (i64::MIN, String::new());
        loop {
            let id = || Expr::column("id", Kind::Int);
            let select = Select::new(space, system::JOB, columns.clone())
                .filter(Cond::Test { left: id(), op: Op::Gt, right: Value::Int(after) })
                .order(id(), false)
                .limit(500);
            let rows = store.rows(select).await?;
            for row in &rows {
                let Some(id) = row.first().and_then(Value::as_i64) else { continue };
                after = id;
                let over = row.get(1).and_then(Value::as_str).and_then(State::from_name).is_none_or(State::is_over);
                let texts: Vec<&str> = row.iter().skip(2).filter_map(Value::as_str).collect();
                if !over {
                    texts.iter().for_each(|text| under_way.push_str(text));
                } else if texts.iter().any(|text| mentions(text)) {
                    let keys = vec![system::key("id", Kind::Int, id)];
                    let delete = Write::Delete { table: system::JOB.into(), keys, must: false, search: false };
                    store.commit(Batch { space, writes: vec![delete] }).await?;
                    forgotten.jobs += 1;
                }
            }
            if rows.len() < 500 {
                break;
            }
        }
        let mut prefixes = import::NAMES.to_vec();
        prefixes.push(export::NAME);
        let mut kept: Vec<Id> = Vec::new();
        loop {
            let found = self.blobs().older(space, &prefixes, i64::MAX).await?;
            let fresh: Vec<Id> = found.into_iter().filter(|id| !kept.contains(id)).collect();
            if fresh.is_empty() {
                break;
            }
            for id in fresh {
                if under_way.contains(&id.to_string()) {
                    kept.push(id);
                    forgotten.in_use += 1;
                } else {
                    self.blobs().delete(space, id).await?;
                    forgotten.files += 1;
                }
            }
            // They fill the page: what is behind them is removed when they are done.
            if kept.len() >= 100 {
                break;
            }
        }
        Ok(forgotten)
    }

    /// Empties stored answers that mention one of these texts; says how many.
    ///
    /// # Errors
    /// The database's.
    pub async fn forget_answers(&self, space: SpaceId, mentions: &(dyn Fn(&str) -> bool + Send + Sync)) -> Result<u64> {
        let store = self.store();
        let (caller, key) = (|| Expr::column("caller", Kind::Int), || Expr::column("key", Kind::Text));
        let (mut after, mut removed) = (None, 0);
        loop {
            let mut select = Select::new(
                space,
                system::IDEMPOTENCY,
                vec![caller(), key(), Expr::column("body", Kind::Bytes), Expr::column("status", Kind::Int)],
            )
            .order(caller(), false)
            .order(key(), false)
            .limit(500);
            select.after = after.take();
            let rows = store.rows(select).await?;
            for row in &rows {
                let [Value::Int(caller), Value::Text(key), body, Value::Int(status)] = row.as_slice() else { continue };
                let text = String::from_utf8_lossy(body.as_bytes().unwrap_or_default());
                if mentions(key) || mentions(&text) {
                    let keys =
                        vec![system::key("caller", Kind::Int, *caller), system::key("key", Kind::Text, key.as_str())];
                    // The key stays, so that nothing is done twice; one that names the person itself goes.
                    let table = || system::IDEMPOTENCY.into();
                    let write = if mentions(key) {
                        Write::Delete { table: table(), keys, must: false, search: false }
                    } else {
                        let body =
                            format!("{{\"status\":{status},\"data\":null,\"meta\":{{\"request_id\":\"erased\"}}}}");
                        let set = vec![(ColumnRef::new("body", Kind::Bytes), Set::To(Value::Bytes(body.into_bytes())))];
                        Write::Update { table: table(), keys, set, must: false, search: None }
                    };
                    store.commit(Batch { space, writes: vec![write] }).await?;
                    removed += 1;
                }
            }
            match rows.last() {
                Some(row) if rows.len() == 500 => after = Some(row.iter().take(2).cloned().collect()),
                _ => return Ok(removed),
            }
        }
    }
}
