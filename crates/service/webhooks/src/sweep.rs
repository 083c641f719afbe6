//! Finished deliveries go after a while, with their attempts; what was kept of an endpoint goes with it.

use std::collections::HashSet;

use kontor_model::{Id, Kind, Op, Result, SpaceId, Value};
use kontor_store::{Batch, Cond, Expr, Select, Which, Write, system};

use crate::row::{Delivery, columns};
use crate::state::State;
use crate::{ENDPOINT, Webhooks, cursor_name};

const AT_ONCE: u64 = 200;
const DAY_MS: i64 = 86_400_000;

impl Webhooks {
    /// Removes some old deliveries; says how many.
    pub(crate) async fn sweep(&self, space: SpaceId) -> Result<usize> {
        let before = self.now() - i64::from(self.parts.days) * DAY_MS;
        let select = Select::new(space, system::WEBHOOK_DELIVERY, columns())
            .filter(Cond::Test { left: Expr::column("finished_at", Kind::Int), op: Op::Lt, right: Value::Int(before) })
            .limit(AT_ONCE);
        let old: Vec<Delivery> = self.store().rows(select).await?.into_iter().filter_map(Delivery::of).collect();
        if old.is_empty() {
            return Ok(0);
        }
        let tables = [system::WEBHOOK_ATTEMPT, system::WEBHOOK_DELIVERY];
        let gone = |delivery: &Delivery| {
            let keys = delivery.keys();
            tables.map(|table| Write::Delete { table: table.into(), keys: keys.clone(), must: false, search: false })
        };
        let writes = old.iter().flat_map(gone).collect();
        self.store().commit(Batch { space, writes }).await?;
        Ok(old.len())
    }

    /// Removes secrets and cursors of endpoints that are no more, not even in the bin.
    pub(crate) async fn sweep_endpoints(&self, space: SpaceId) -> Result<()> {
        let kept = State::with_secrets(self.store(), space).await?;
        if kept.is_empty() {
            return Ok(());
        }
        let ctx = self.own(space).await?;
        let def = ctx.whole.require(ENDPOINT)?;
        let select = ctx.records_of(def, Which::All, vec![Expr::column("id", Kind::Int)]);
        let rows = self.store().rows(select).await?;
        let there: HashSet<i64> = rows.iter().filter_map(|row| row.first()?.as_i64()).collect();
        let gone = |id: &i64| {
            let delete = |table: &'static str, key| Write::Delete {
                table: table.into(),
                keys: vec![key],
                must: false,
                search: false,
            };
            [
                delete(system::WEBHOOK_STATE, system::key("endpoint_id", Kind::Int, *id)),
                delete(system::EVENT_CURSOR, system::key("name", Kind::Text, cursor_name(Id(*id)))),
            ]
        };
        let writes: Vec<Write> = kept.difference(&there).flat_map(gone).collect();
        if !writes.is_empty() {
            self.store().commit(Batch { space, writes }).await?;
        }
        Ok(())
    }
}
