//! One message on its way: an attempt, and what becomes of it.

use std::time::{Duration, Instant};

use kontor_model::{Error, Id, Kind, Result, SpaceId, Value};
use kontor_store::{Batch, CommitError, Write};
use kontor_telemetry::metrics::{counter, histogram};

use crate::files;
use crate::message::{Message, State};
use crate::outbox::{Outbox, failed};
use crate::row;
use crate::smtp::Undelivered;

/// Attempts after which a message is given up, some fifteen hours after the first.
const MAX_TRIES: i64 = 10;
const FIRST_PAUSE_MS: i64 = 5_000;
const LONGEST_PAUSE_MS: i64 = 4 * 3_600_000;

/// How long to wait after the `tries`th attempt that failed: 5 s, 15 s, 45 s … 4 h.
fn pause_ms(tries: i64) -> i64 {
    let growth = 3_i64.checked_pow(u32::try_from(tries - 1).unwrap_or(0)).unwrap_or(i64::MAX);
    FIRST_PAUSE_MS.saturating_mul(growth).min(LONGEST_PAUSE_MS)
}

impl Outbox {
    /// Tries to deliver a message that is due.
    pub(crate) async fn deliver(&self, space: SpaceId, id: Id) -> Result<()> {
        let message = match self.find(space, id).await {
            Ok(Some(message)) => message,
            Ok(None) => return Ok(()),
            Err(error) => return self.unreadable(space, id, error).await,
        };
        let now = self.parts.clock.now_ms();
        // Removed, or dealt with by another process.
        if message.state != State::Queued || message.next_at.is_some_and(|at| at > now) {
            return Ok(());
        }
        let expired = message.expires_at.is_some_and(|at| at <= now);
        let write = match (self.closed(space).await?, &self.parts.mailer) {
            (Some(why), _) => ended(&message, State::Held, Some(why)),
            (None, None) => return Ok(()),
            (None, Some(_)) if expired => ended(&message, State::Failed, Some("its link has expired")),
            (None, Some(mailer)) => {
                let mut attached = Vec::with_capacity(message.attachments.len());
                for file in &message.attachments {
                    attached.extend(files::content(&*self.parts.store, space, file).await?);
                }
                let begun = Instant::now();
                let outcome = if attached.len() == message.attachments.len() {
                    mailer.send(&message, attached).await
                } else {
                    Err(Undelivered::Refused("its attachments are not kept any more".to_owned()))
                };
                count(&outcome, begun.elapsed());
                match outcome {
                    Ok(()) => self.sent(&message),
                    Err(Undelivered::Refused(why)) => ended(&message, State::Failed, Some(&why)),
                    Err(Undelivered::Later(why)) => self.again(&message, &why),
                }
            }
        };
        match self.parts.store.commit(Batch { space, writes: vec![write] }).await {
            // It was removed, or sent by hand, meanwhile.
            Err(CommitError::Guard { .. }) => Ok(()),
            other => other.map_err(failed),
        }
    }

    /// A text that cannot be unsealed any more will never leave; other failures are about now.
    async fn unreadable(&self, space: SpaceId, id: Id, error: Error) -> Result<()> {
        let rows = self.parts.store.rows(row::select(space).equals("id", Kind::Int, id.0).limit(1)).await?;
        let message = rows.first().and_then(|row| row::read(row)).map(|(message, _)| message);
        let Some(message) = message.filter(|message| message.one_time && message.state == State::Queued) else {
            return Err(error);
        };
        let write = ended(&message, State::Failed, Some("its text was sealed under another master key"));
        match self.parts.store.commit(Batch { space, writes: vec![write] }).await {
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
            ("untold", Kind::Int, message.about.as_ref().map(|_| 1).into()),
        ];
        if message.one_time {
            set.push(("body", Kind::Text, Value::Null));
        }
        tracing::info!(message = message.id.0, purpose = message.purpose, "mail sent");
        row::change(message, set)
    }

    /// Later again, or never.
    fn again(&self, message: &Message, why: &str) -> Write {
        let tries = message.tries + 1;
        tracing::warn!(message = message.id.0, tries, reason = why, "mail was not delivered");
        if tries >= MAX_TRIES {
            return ended(message, State::Failed, Some(why));
        }
        let now = self.parts.clock.now_ms();
        let next_at = now + pause_ms(tries);
        let set = vec![
            ("tries", Kind::Int, tries.into()),
            ("next_at", Kind::Int, next_at.into()),
            ("planned_at", Kind::Int, now.into()),
            ("reason", Kind::Text, why.into()),
        ];
        row::change(message, set)
    }
}

/// An attempt to hand a letter over.
fn count(outcome: &std::result::Result<(), Undelivered>, took: Duration) {
    let name = match outcome {
        Ok(()) => "sent",
        Err(Undelivered::Later(_)) => "later",
        Err(Undelivered::Refused(_)) => "refused",
    };
    counter("mail_attempts_total", "Attempts to hand letters to the mail server.", &[("outcome", name)]).increment();
    histogram("mail_attempt_duration_seconds", "Time that the mail server takes.", &[]).observe(took);
}

fn ended(message: &Message, state: State, reason: Option<&str>) -> Write {
    let untold = (state == State::Failed && message.about.is_some()).then_some(1);
    let set = vec![
        ("state", Kind::Text, state.name().into()),
        ("next_at", Kind::Int, Value::Null),
        ("reason", Kind::Text, reason.map(str::to_owned).into()),
        ("untold", Kind::Int, untold.into()),
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
