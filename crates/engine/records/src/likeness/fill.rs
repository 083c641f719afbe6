//! Keys for records that were there before there were keys, and for those of a copied space.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use kontor_model::{Kind, Result, Value};
use kontor_store::{Batch, ColumnRef, CommitError, Expr, OnConflict, Select, Write, system};

use super::{COMPARED, keys, profile};
use crate::erase::PAGE;
use crate::{Ctx, Records, Sweep};

/// All records of an object have their keys: new ones come with them.
const DONE: i64 = i64::MAX;
/// How long one run goes on in a space.
const LONGEST: Duration = Duration::from_secs(10);

/// See the module.
pub struct Keys;

impl Sweep for Keys {
    fn name(&self) -> &'static str {
        "match keys"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn run<'a>(&'a self, records: &'a Records, ctx: &'a Ctx) -> BoxFuture<'a, Result<usize>> {
        Box::pin(async move {
            let column = |name, kind| Expr::column(name, kind);
            let select = Select::new(
                ctx.space(),
                system::MATCH_STATE,
                vec![column("object", Kind::Text), column("last", Kind::Int)],
            );
            let states = records.rows(ctx, select).await?;
            let start = Instant::now();
            let mut count = 0;
            for object in COMPARED {
                let state = states.iter().find(|row| row.first().and_then(Value::as_str) == Some(object));
                let mut last = state.and_then(|row| row.get(1)?.as_i64()).unwrap_or(i64::MIN);
                while last != DONE && start.elapsed() < LONGEST {
                    let Some((next, filled)) = records.fill(ctx, object, last).await? else { break };
                    (last, count) = (next, count + filled);
                }
            }
            Ok(count)
        })
    }
}

impl Records {
    /// Gives keys to the records behind `last`; says how far it came and how many it were, or nothing when another
    /// changed one of them meanwhile.
    async fn fill(&self, ctx: &Ctx, object: &str, last: i64) -> Result<Option<(i64, usize)>> {
        let (Some(profile), Some(def)) = (profile::of(object), ctx.whole.object(object).cloned()) else {
            return Ok(None);
        };
        let page = self.stored_page(ctx, &def, None, last).await?;
        let next = if page.len() < PAGE { DONE } else { page.last().map_or(DONE, |(id, _)| id.0) };
        let mut writes = Vec::new();
        for (id, work) in page.iter().filter(|(_, work)| !work.deleted) {
            let keys: BTreeSet<i64> = keys::keys(profile, &def, &work.values, false);
            if keys.is_empty() {
                continue;
            }
            // Nothing of an older version may come behind what a change has written.
            writes.push(Write::Update {
                table: def.table_name().clone(),
                keys: vec![system::key("id", Kind::Int, id.0), system::key("version", Kind::Int, work.version)],
                set: Vec::new(),
                must: true,
                search: None,
            });
            writes.extend(keys.into_iter().map(|key| keys::insert(key, id.0, OnConflict::Keep)));
        }
        let columns = [("object", Kind::Text), ("last", Kind::Int)].map(|(name, kind)| ColumnRef::new(name, kind));
        writes.push(Write::Insert {
            table: system::MATCH_STATE.into(),
            columns: columns.into(),
            values: vec![Value::text(object), Value::Int(next)],
            on_conflict: OnConflict::Replace,
            search: None,
        });
        match self.commit(ctx, Batch { space: ctx.space(), writes }).await {
            Ok(()) => Ok(Some((next, page.len()))),
            Err(CommitError::Guard { .. }) => Ok(None),
            Err(CommitError::Store(error)) => Err(error.into()),
            Err(other) => Err(kontor_model::Error::internal(other)),
        }
    }
}
