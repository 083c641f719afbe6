//! Messages that are old enough to go.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Kind, Op, Result};
use kontor_records::{Ctx, Records, Sweep};
use kontor_store::{Batch, Cond, Expr};

use crate::message::State;
use crate::outbox::{Outbox, failed, removed};
use crate::row;

const DAY_MS: i64 = 86_400_000;
const AT_ONCE: u64 = 200;
/// What did not arrive is kept so many times as long.
const LONGER: i64 = 4;

/// Removes messages that were sent `days` ago, and others later.
pub struct Old {
    pub outbox: Arc<Outbox>,
    pub days: u32,
}

impl Sweep for Old {
    fn name(&self) -> &'static str {
        "old_mail"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(600)
    }

    fn run<'a>(&'a self, _: &'a Records, ctx: &'a Ctx) -> BoxFuture<'a, Result<usize>> {
        async move {
            let parts = &self.outbox.parts;
            let mut done = 0;
            for state in [State::Sent, State::Failed, State::Bounced, State::Held] {
                let longer = if state == State::Sent { 1 } else { LONGER };
                let before = parts.clock.now_ms() - i64::from(self.days) * DAY_MS * longer;
                let created = Expr::column("created_at", Kind::Int);
                let select = row::select(ctx.space())
                    .equals("state", Kind::Text, state.name())
                    .filter(Cond::Test { left: created, op: Op::Lt, right: before.into() })
                    .order(Expr::column("id", Kind::Int), false)
                    .limit(AT_ONCE);
                let rows = parts.store.rows(select).await?;
                let mut batch = Batch::new(ctx.space());
                for (message, _) in rows.iter().filter_map(|row| row::read(row)) {
                    batch.writes.extend(removed(&message));
                    done += 1;
                }
                if !batch.writes.is_empty() {
                    parts.store.commit(batch).await.map_err(failed)?;
                }
            }
            Ok(done)
        }
        .boxed()
    }
}
