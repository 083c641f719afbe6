//! The space of a statement, set on its connection right before it.
//!
//! A shared connection remembers the space that was last sent on it, and sends another only before a statement of
//! another space; both are put on the wire under one lock. The setting may fail by itself (a cancel request that was
//! meant for the statement before it): so a statement's answer counts only when the setting before it is known to be
//! done. The memory ends with the connection.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use futures::future::maybe_done;
use kontor_model::SpaceId;
use tokio::sync::watch;
use tokio_postgres::Error;

use crate::connect::Conn;
use crate::error::{Kind, kind};

/// Why a statement has no answer.
#[derive(Debug)]
pub enum Refusal {
    Server(Error),
    /// Its space was not set: what it answered means nothing.
    Unset,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Server(error)
    }
}

/// What was last sent, and whether that was done.
struct Last {
    space: SpaceId,
    done: watch::Receiver<Option<bool>>,
}

/// The memory of one connection; its lock is the order of what is sent.
#[derive(Default)]
pub struct Scope(Mutex<Option<Last>>);

impl Scope {
    fn lock(&self) -> MutexGuard<'_, Option<Last>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sets the space of a session.
pub fn set(space: SpaceId) -> String {
    format!("SET kontor.space = '{space}'")
}

/// Sends `ask` with its space before it. `ask` must send at its first poll, and nothing later.
pub async fn within<T>(
    conn: &Arc<Conn>,
    space: SpaceId,
    ask: impl Future<Output = Result<T, Error>>,
) -> Result<T, Refusal> {
    let mut ask = pin!(maybe_done(ask));
    let mut done = std::future::poll_fn(|cx| {
        let mut last = conn.scope.lock();
        let known = last.as_ref().filter(|last| last.space == space && last.may_count()).map(|last| last.done.clone());
        let done = known.unwrap_or_else(|| {
            let (tell, done) = watch::channel(None);
            let of = conn.clone();
            let mut setting = Box::pin(maybe_done(async move { of.client.batch_execute(&set(space)).await }));
            let _ = setting.as_mut().poll(cx);
            // Apart from this caller, who may go away, while others rely on it.
            tokio::spawn(async move {
                setting.as_mut().await;
                tell.send_replace(Some(matches!(setting.as_mut().take_output(), Some(Ok(())))));
            });
            *last = Some(Last { space, done: done.clone() });
            done
        });
        let _ = ask.as_mut().poll(cx);
        Poll::Ready(done)
    })
    .await;
    ask.as_mut().await;
    let answer = ask.as_mut().take_output().ok_or(Refusal::Unset)??;
    let set = done.wait_for(Option::is_some).await.is_ok_and(|set| *set == Some(true));
    if set { Ok(answer) } else { Err(Refusal::Unset) }
}

impl Last {
    /// Whether it was done, or is under way.
    fn may_count(&self) -> bool {
        match *self.done.borrow() {
            Some(done) => done,
            None => self.done.has_changed().is_ok(),
        }
    }
}

/// Sends `before`, `ask` and `after` with nothing between them, under the lock of a connection that is shared. Each
/// must send at its first poll. The answer counts only when `before` was done.
pub async fn between<T>(
    scope: Option<&Scope>,
    before: impl Future<Output = Result<(), Error>>,
    ask: impl Future<Output = Result<T, Error>>,
    after: impl Future<Output = Result<(), Error>>,
) -> Result<T, Refusal> {
    let (mut before, mut ask, mut after) = (pin!(maybe_done(before)), pin!(maybe_done(ask)), pin!(maybe_done(after)));
    std::future::poll_fn(|cx| {
        let _order = scope.map(Scope::lock);
        let _ = before.as_mut().poll(cx);
        let _ = ask.as_mut().poll(cx);
        let _ = after.as_mut().poll(cx);
        Poll::Ready(())
    })
    .await;
    before.as_mut().await;
    match before.as_mut().take_output() {
        Some(Ok(())) => {}
        // The end of the transaction before this one was cancelled; the end of this one closes it.
        Some(Err(error)) if kind(&error) == Kind::Follows => return Err(Refusal::Unset),
        Some(Err(error)) => return Err(error.into()),
        None => return Err(Refusal::Unset),
    }
    ask.as_mut().await;
    let answer = ask.as_mut().take_output().ok_or(Refusal::Unset)??;
    after.as_mut().await;
    after.as_mut().take_output().ok_or(Refusal::Unset)??;
    Ok(answer)
}
