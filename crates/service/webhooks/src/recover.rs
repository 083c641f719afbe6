//! Sends again what an endpoint has missed: failed deliveries, and events that came while it was disabled.

use kontor_events::{Subjects, head, read};
use kontor_model::{Id, Kind, Op, Result, SpaceId, Value};
use kontor_store::{Batch, Cond, Expr, Select, system};

use crate::Webhooks;
use crate::row::{Delivery, columns};
use crate::state::{State, set};
use crate::target::Target;

const AT_ONCE: u64 = 200;

impl Webhooks {
    /// Goes on with what is to be recovered; whether there was anything.
    pub(crate) async fn recover(&self, target: &Target, state: &State) -> Result<bool> {
        let Some((mut from, to)) = state.recover else { return Ok(false) };
        let space = target.space;
        loop {
            let rows = read(self.store(), space, from, &target.types, &Subjects::default(), AT_ONCE).await?;
            let is_end = (rows.len() as u64) < AT_ONCE;
            let rows: Vec<_> = rows.into_iter().take_while(|row| row.sequence <= to).collect();
            let done = is_end || rows.is_empty() || rows.last().is_some_and(|row| row.sequence >= to);
            from = rows.last().map_or(to, |row| row.sequence);
            let wanted = self.wanted(target, &rows).await?;
            let ids: Vec<i64> = wanted.iter().map(|delivery| delivery.event.0).collect();
            let mut batch = Batch::new(space);
            for mut known in self.known(space, target.id, ids).await? {
                if known.state == "failed" || known.state == "dropped" {
                    known.again(self.now());
                    batch.writes.push(known.update());
                }
            }
            batch.writes.extend(wanted.iter().map(Delivery::insert));
            let rest = |value: i64| if done { Value::Null } else { Value::Int(value) };
            batch.writes.push(set(
                target.id,
                vec![("recover_from", Kind::Int, rest(from)), ("recover_to", Kind::Int, rest(to))],
            ));
            self.store().commit(batch).await?;
            if done {
                return Ok(true);
            }
        }
    }

    async fn known(&self, space: SpaceId, endpoint: Id, events: Vec<i64>) -> Result<Vec<Delivery>> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let select = Select::new(space, system::WEBHOOK_DELIVERY, columns())
            .equals("endpoint_id", Kind::Int, endpoint.0)
            .filter(Cond::Test { left: Expr::column("event_id", Kind::Int), op: Op::In, right: Value::Ints(events) });
        Ok(self.store().rows(select).await?.into_iter().filter_map(Delivery::of).collect())
    }

    /// The numbers between which events made since `ms` lie.
    pub(crate) async fn span(&self, space: SpaceId, ms: i64) -> Result<(i64, i64)> {
        let from = kontor_events::since(self.store(), space, ms).await?;
        Ok((from, head(self.store(), space).await?.last))
    }
}
