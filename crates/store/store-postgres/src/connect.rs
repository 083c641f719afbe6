//! Connections that mend themselves: each slot has one, and a task that makes a new one when it breaks.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use kontor_store::StoreError;
use quick_cache::sync::Cache;
use tokio::sync::{Notify, watch};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Connection, Error, Socket, Statement};

use crate::error::describe;
use crate::options::Target;
use crate::scope::Scope;

/// Prepared statements that one connection keeps.
const STATEMENTS: usize = 500;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A live connection.
pub struct Conn {
    pub client: Client,
    pub scope: Scope,
    /// Questions that it has not answered.
    pub asked: AtomicUsize,
    statements: Cache<String, Statement>,
    target: Target,
    given_up: Notify,
}

impl Conn {
    /// The prepared statement of a text; one round trip when it is new to this connection.
    ///
    /// # Errors
    /// The server's.
    pub async fn prepared(&self, text: &str, types: &[Type]) -> Result<Statement, Error> {
        if let Some(statement) = self.statements.get(text) {
            return Ok(statement);
        }
        let statement = self.client.prepare_typed(text, types).await?;
        self.statements.insert(text.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Forgets all prepared statements.
    pub fn forget(&self) {
        self.statements.clear();
    }

    /// Asks the server to stop what this connection is doing; needs a connection of its own.
    pub async fn cancel(&self) {
        cancel(self.client.cancel_token(), &self.target).await;
    }

    /// Ends the connection; its slot makes a new one.
    pub fn give_up(&self) {
        self.given_up.notify_one();
    }
}

/// Sends a cancel request, within a second.
pub async fn cancel(token: tokio_postgres::CancelToken, target: &Target) {
    let sent = tokio::time::timeout(Duration::from_secs(1), token.cancel_query(target.tls.clone())).await;
    if let Ok(Err(error)) = sent {
        tracing::debug!(error = %describe(&error), "a statement could not be cancelled");
    }
}

#[derive(Clone)]
enum State {
    /// It has just broken (or not been made yet): waiting is worth it.
    Mending,
    Ready(Arc<Conn>),
    /// The last attempt failed; others follow.
    Down(String),
    Closed,
}

/// A place for one connection.
#[derive(Clone)]
pub struct Slot(watch::Receiver<State>);

impl Slot {
    /// A slot and the task that keeps it filled.
    pub fn new(target: Target) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (state, slot) = watch::channel(State::Mending);
        (Self(slot), keep(target, state))
    }

    /// The connection if it stands now.
    pub fn now(&self) -> Option<Arc<Conn>> {
        match &*self.0.borrow() {
            State::Ready(conn) if !conn.client.is_closed() => Some(conn.clone()),
            _ => None,
        }
    }

    /// The connection, waiting while a broken one is being replaced, but not once that has failed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Closed`].
    pub async fn ready(&self, wait: Duration) -> Result<Arc<Conn>, StoreError> {
        let mut slot = self.0.clone();
        let usable = |state: &State| match state {
            State::Ready(conn) => !conn.client.is_closed(),
            State::Mending => false,
            State::Down(_) | State::Closed => true,
        };
        match tokio::time::timeout(wait, slot.wait_for(usable)).await {
            Ok(Ok(state)) => match &*state {
                State::Ready(conn) => Ok(conn.clone()),
                State::Down(why) => Err(StoreError::Unavailable(why.clone())),
                State::Mending | State::Closed => Err(StoreError::Closed),
            },
            Ok(Err(_)) => Err(StoreError::Closed),
            Err(_) => Err(StoreError::Unavailable("no connection within the time allowed".to_owned())),
        }
    }
}

/// A connection that is driven by the caller, as the login.
///
/// # Errors
/// The server's or the network's.
pub async fn open(
    target: &Target,
) -> Result<(Client, impl Future<Output = Result<(), Error>> + Send + 'static), Error> {
    let (client, connection): (Client, Connection<Socket, _>) = target.config.connect(target.tls.clone()).await?;
    Ok((client, connection))
}

/// Runs `work` on a connection of its own, as the login.
///
/// # Errors
/// The server's or the network's.
pub async fn aside<T>(target: &Target, work: impl AsyncFnOnce(&Client) -> Result<T, Error>) -> Result<T, Error> {
    let (client, connection) = open(target).await?;
    let work = async move { work(&client).await };
    tokio::pin!(work, connection);
    tokio::select! {
        biased;
        done = &mut work => done,
        _ = &mut connection => work.await,
    }
}

type Driver = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// A connection for reads and commits, with its session begun.
async fn open_session(target: &Target) -> Result<(Client, Driver), Error> {
    let (client, connection) = open(target).await?;
    let mut connection: Driver = Box::pin(connection);
    if let Some(session) = &target.session {
        let begun = client.batch_execute(session);
        tokio::pin!(begun);
        tokio::select! {
            biased;
            done = &mut begun => done?,
            _ = &mut connection => begun.await?,
        }
    }
    Ok((client, connection))
}

async fn keep(target: Target, state: watch::Sender<State>) {
    let mut pause = FIRST_PAUSE;
    loop {
        match open_session(&target).await {
            Ok((client, connection)) => {
                pause = FIRST_PAUSE;
                let conn = Arc::new(Conn {
                    client,
                    scope: Scope::default(),
                    asked: AtomicUsize::new(0),
                    statements: Cache::new(STATEMENTS),
                    target: target.clone(),
                    given_up: Notify::new(),
                });
                state.send_replace(State::Ready(conn.clone()));
                tokio::select! {
                    ended = connection => {
                        let error = ended.err().map(|error| describe(&error)).unwrap_or_default();
                        tracing::warn!(error, "a database connection broke");
                    }
                    () = conn.given_up.notified() => {}
                }
                state.send_replace(State::Mending);
            }
            Err(error) => {
                let why = describe(&error);
                tracing::warn!(error = why, "the database cannot be reached");
                state.send_replace(State::Down(why));
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        if state.is_closed() {
            state.send_replace(State::Closed);
            return;
        }
    }
}
