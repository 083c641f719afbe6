//! Tells the services what became of their letters: driven by rows, so that a process that dies loses nothing.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{ErrorCode, Kind, Result};
use kontor_records::{Ctx, Fate, News, Records, Sweep};
use kontor_store::{Batch, Expr, Select};

use crate::message::{Message, State};
use crate::outbox::{Outbox, failed};
use crate::row;

/// How many are told in one go.
const AT_ONCE: u64 = 200;

/// See the module.
pub struct Teller(pub Arc<Outbox>);

impl Sweep for Teller {
    fn name(&self) -> &'static str {
        "letters"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn run<'a>(&'a self, records: &'a Records, ctx: &'a Ctx) -> BoxFuture<'a, Result<usize>> {
        async move {
            let select: Select = row::select(ctx.space())
                .equals("untold", Kind::Int, 1)
                .order(Expr::column("id", Kind::Int), false)
                .limit(AT_ONCE);
            let rows = self.0.parts.store.rows(select).await?;
            let mut told = 0;
            for (message, _) in rows.iter().filter_map(|row| row::read(row)) {
                let now = self.0.parts.clock.now_ms();
                let said = row::told(&message);
                let outcome = match fate(&message, now) {
                    Some(fate) => records.tell(ctx, &fate, std::slice::from_ref(&said)).await.map(|_| ()),
                    None => Ok(()),
                };
                match outcome {
                    Ok(()) => told += 1,
                    Err(error) if error.code() == ErrorCode::Conflict => {}
                    Err(error) if error.code().status() >= 500 => return Err(error),
                    Err(error) => {
                        tracing::warn!(message = message.id.0, %error, "what became of a letter could not be told");
                        let batch = Batch { space: ctx.space(), writes: vec![said] };
                        self.0.parts.store.commit(batch).await.map_err(failed).ok();
                    }
                }
            }
            Ok(told)
        }
        .boxed()
    }
}

/// What became of a message; none while that is open.
fn fate(message: &Message, now: i64) -> Option<Fate> {
    let reason = message.reason.clone().unwrap_or_default();
    let news = match message.state {
        State::Sent => News::Sent,
        State::Failed => News::Failed { reason },
        State::Bounced => News::Bounced { reason, hard: message.hard },
        State::Held | State::Queued => return None,
    };
    Some(of(message, news, now))
}

/// What is told of a message that was still to leave and is taken out of the outbox.
pub fn withdrawn(message: &Message, now: i64) -> Option<Fate> {
    let reason = "it was taken out of the outbox".to_owned();
    matches!(message.state, State::Held | State::Queued).then(|| of(message, News::Failed { reason }, now))
}

fn of(message: &Message, news: News, now: i64) -> Fate {
    Fate {
        message: message.id,
        purpose: message.purpose.clone(),
        to: message.to.to_lowercase(),
        about: message.about.clone(),
        at: message.sent_at.filter(|_| news == News::Sent).unwrap_or(now),
        news,
    }
}
