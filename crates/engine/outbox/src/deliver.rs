//! The job that delivers one message.

use std::sync::Arc;

use futures::future::BoxFuture;
use kontor_jobs::{Ended, Handler, Run};
use kontor_model::{Id, Kind, Result, Value};
use kontor_store::{Batch, CommitError, Write};
use serde_json::Value as J;

use crate::message::{Message, State};
use crate::outbox::{Outbox, failed};
use crate::row;
use crate::smtp::Undelivered;

/// The kind of its jobs.
pub const KIND: &str = "mail";
/// Attempts after which a message is given up, some fifteen hours after the first.
const MAX_TRIES: i64 = 10;
const FIRST_PAUSE_MS: i64 = 5_000;
const LONGEST_PAUSE_MS: i64 = 4 * 3_600_000;

/// How long to wait after the `tries`th attempt that failed: 5 s, 15 s, 45 s … 4 h.
fn pause_ms(tries: i64) -> i64 {
    let growth = 3_i64.checked_pow(u32::try_from(tries - 1).unwrap_or(0)).unwrap_or(i64::MAX);
    FIRST_PAUSE_MS.saturating_mul(growth).min(LONGEST_PAUSE_MS)
}

/// Delivers.
pub(crate) struct Deliver(pub Arc<Outbox>);

impl Handler for Deliver {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Result<Ended>> {
        Box::pin(async move {
            self.0.deliver(run).await?;
            Ok(Ended::Succeeded(J::Null))
        })
    }
}

impl Outbox {
    async fn deliver(&self, run: &Run) -> Result<()> {
        let number = |name: &str| run.job.input.get(name).and_then(J::as_i64);
        let (Some(id), Some(tries)) = (number("message"), number("tries")) else { return Ok(()) };
        let space = run.job.space;
        let Some(message) = self.find(space, Id(id)).await? else { return Ok(()) };
        // Removed, or taken up by a later job than this.
        if message.state != State::Queued || message.tries != tries {
            return Ok(());
        }
        let writes = match (self.closed(space).await?, &self.parts.mailer) {
            (Some(why), _) => vec![ended(&message, State::Held, Some(why))],
            (None, None) => return Ok(()),
            (None, Some(_)) if message.expires_at.is_some_and(|at| at <= self.parts.clock.now_ms()) => {
                vec![ended(&message, State::Failed, Some("its link has expired"))]
            }
            (None, Some(mailer)) => match mailer.send(&message).await {
                Ok(()) => vec![self.sent(&message)],
                Err(Undelivered::Refused(why)) => vec![ended(&message, State::Failed, Some(&why))],
                Err(Undelivered::Later(why)) => self.again(&message, &why),
            },
        };
        match self.parts.store.commit(Batch { space, writes }).await {
            // It was removed, or sent by hand, meanwhile.
            Err(CommitError::Guard { .. }) => Ok(()),
            other => other.map_err(failed),
        }
    }

    /// It has left; a body with a link is not kept.
    fn sent(&self, message: &Message) -> Write {
        let mut set = vec![
            ("state", Kind::Text, State::Sent.name().into()),
            ("sent_at", Kind::Int, self.parts.clock.now_ms().into()),
            ("next_at", Kind::Int, Value::Null),
            ("reason", Kind::Text, Value::Null),
        ];
        if message.one_time {
            set.push(("body", Kind::Text, Value::Null));
        }
        tracing::info!(message = message.id.0, purpose = message.purpose, "mail sent");
        row::change(message, set)
    }

    /// Later again, or never.
    fn again(&self, message: &Message, why: &str) -> Vec<Write> {
        let tries = message.tries + 1;
        tracing::warn!(message = message.id.0, tries, reason = why, "mail was not delivered");
        if tries >= MAX_TRIES {
            return vec![ended(message, State::Failed, Some(why))];
        }
        let next_at = self.parts.clock.now_ms() + pause_ms(tries);
        let set = vec![
            ("tries", Kind::Int, tries.into()),
            ("next_at", Kind::Int, next_at.into()),
            ("reason", Kind::Text, why.into()),
        ];
        vec![row::change(message, set), self.job(message.id, tries, Some(next_at)).1]
    }
}

fn ended(message: &Message, state: State, reason: Option<&str>) -> Write {
    let set = vec![
        ("state", Kind::Text, state.name().into()),
        ("next_at", Kind::Int, Value::Null),
        ("reason", Kind::Text, reason.map(str::to_owned).into()),
    ];
    row::change(message, set)
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn pauses_grow_to_four_hours() {
        assert_eq!((pause_ms(1), pause_ms(2), pause_ms(4)), (5_000, 15_000, 135_000));
        assert_eq!(pause_ms(9), LONGEST_PAUSE_MS);
        assert_eq!(pause_ms(99), LONGEST_PAUSE_MS);
    }
}
