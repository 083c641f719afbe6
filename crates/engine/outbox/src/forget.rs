//! Messages that name somebody who is to be forgotten.

use kontor_model::{Kind, Op, Result, SpaceId, Value};
use kontor_store::{Batch, Cond, Expr, Select, Write, system};

use crate::message::State;
use crate::outbox::{Outbox, failed, removed};
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
                batch.writes.extend(removed(&message));
                forgotten.messages += 1;
            }
            if !batch.writes.is_empty() {
                self.parts.store.commit(batch).await.map_err(failed)?;
            }
            if rows.len() < PAGE {
                break;
            }
        }
        forgotten.messages += self.forget_inbound(space, is_to, names).await?;
        Ok(forgotten)
    }

    /// Removes what is noted of mail from somebody, and of mail whose subject names them.
    async fn forget_inbound(
        &self,
        space: SpaceId,
        is_from: &(dyn Fn(&str) -> bool + Send + Sync),
        names: &(dyn Fn(&str) -> bool + Send + Sync),
    ) -> Result<u64> {
        let (mut forgotten, mut after) = (0, i64::MIN);
        loop {
            let id = || Expr::column("id", Kind::Int);
            let columns = vec![id(), Expr::column("sender", Kind::Text), Expr::column("subject", Kind::Text)];
            let select = Select::new(space, system::INBOUND_EMAIL, columns)
                .filter(Cond::Test { left: id(), op: Op::Gt, right: after.into() })
                .order(id(), false)
                .limit(PAGE as u64);
            let rows = self.parts.store.rows(select).await?;
            after = rows.last().and_then(|row| row.first()?.as_i64()).unwrap_or(i64::MAX);
            let mut batch = Batch::new(space);
            for row in &rows {
                let [Value::Int(id), Value::Text(sender), Value::Text(subject)] = row.as_slice() else { continue };
                if is_from(sender) || names(subject) {
                    let keys = vec![system::key("id", Kind::Int, *id)];
                    let table = system::INBOUND_EMAIL.into();
                    batch.writes.push(Write::Delete { table, keys, must: false, search: false });
                    forgotten += 1;
                }
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
