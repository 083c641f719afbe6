//! Finished deliveries go after a while, with their attempts.

use kontor_model::{Kind, Op, Result, SpaceId, Value};
use kontor_store::{Batch, Cond, Expr, Select, Write, system};

use crate::Webhooks;
use crate::row::{Delivery, columns};

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
}
