//! Messages that name somebody who is to be forgotten.

use kontor_model::{Kind, Op, Result, SpaceId};
use kontor_store::{Batch, Cond, Expr, Write, system};

use crate::message::State;
use crate::outbox::{Outbox, failed};
use crate::row;

/// Messages that are looked through at once.
const PAGE: usize = 100;

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    pub messages: u64,
    /// Messages to others that name the person and are on their way; they stay.
    pub under_way: u64,
}

impl Outbox {
    /// Removes a space's messages to somebody, whatever their state, and those to others that name them and are not on
    /// their way. `is_to` says whether a receiver is that person, `names` whether a text names them.
    ///
    /// # Errors
    /// The database's.
    pub async fn forget(
        &self,
        space: SpaceId,
        is_to: &(dyn Fn(&str) -> bool + Send + Sync),
        names: &(dyn Fn(&str) -> bool + Send + Sync),
    ) -> Result<Forgotten> {
        let mut forgotten = Forgotten::default();
        let mut after = i64::MIN;
        loop {
            let id = || Expr::column("id", Kind::Int);
            let select = row::select(space)
                .filter(Cond::Test { left: id(), op: Op::Gt, right: after.into() })
                .order(id(), false)
                .limit(PAGE as u64);
            let rows = self.parts.store.rows(select).await?;
            let mut batch = Batch::new(space);
            after = rows.last().and_then(|row| row.first()?.as_i64()).unwrap_or(i64::MAX);
            for (message, body) in rows.iter().filter_map(|row| row::read(row)) {
                // A body whose key is gone says nothing to anybody.
                let body = match body {
                    Some(sealed) if message.one_time => self.parts.sealing.unseal(message.id.0, &sealed).ok(),
                    other => other,
                };
                let theirs = is_to(&message.to);
                let texts = [Some(message.subject.as_str()), message.reason.as_deref(), body.as_deref()];
                if !theirs && !texts.into_iter().flatten().any(names) {
                    continue;
                }
                if !theirs && message.state == State::Queued {
                    forgotten.under_way += 1;
                    continue;
                }
                let keys = vec![system::key("id", Kind::Int, message.id.0)];
                batch.writes.push(Write::Delete { table: system::OUTBOX.into(), keys, must: false, search: false });
                forgotten.messages += 1;
            }
            if !batch.writes.is_empty() {
                self.parts.store.commit(batch).await.map_err(failed)?;
            }
            if rows.len() < PAGE {
                return Ok(forgotten);
            }
        }
    }
}
