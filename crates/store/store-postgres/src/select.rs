//! Reads: quick ones share a few connections and are pipelined, slow ones have the pool.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime};
use futures::TryStreamExt;
use kontor_model::SpaceId;
use kontor_store::{Lane, Select, StoreError};
use kontor_store_sql::{Dialect, Hints, Sql};
use kontor_telemetry::metrics::gauge;
use tokio::time::Instant;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, Row, Statement};

use crate::connect::{Conn, Slot, cancel};
use crate::error::{Kind, cancelled, kind, store_error};
use crate::options::{PostgresOptions, Target};
use crate::param::{Param, type_of};
use crate::role::Standing;
use crate::scope::{Refusal, Scope, between, set, within};

pub struct Readers {
    shared: Vec<Slot>,
    next: AtomicUsize,
    pool: Pool,
    target: Target,
    standing: Standing,
    options: PostgresOptions,
    pub busy: AtomicUsize,
}

/// Counts a question while it runs.
struct Busy<'a>(&'a AtomicUsize);

impl<'a> Busy<'a> {
    fn on(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Readers {
    pub fn new(
        shared: Vec<Slot>,
        target: Target,
        standing: Standing,
        options: PostgresOptions,
    ) -> Result<Self, StoreError> {
        let recycle = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(target.config.clone(), target.tls.clone(), recycle);
        let wait = Some(options.acquire_timeout);
        let session = target.session.clone();
        let begin = Hook::async_fn(move |client: &mut deadpool_postgres::ClientWrapper, _| {
            let session = session.clone();
            Box::pin(async move {
                match session {
                    Some(session) => client.batch_execute(&session).await.map_err(HookError::Backend),
                    None => Ok(()),
                }
            })
        });
        let pool = Pool::builder(manager)
            .post_create(begin)
            .max_size(options.pool_size.max(1))
            .runtime(Runtime::Tokio1)
            .wait_timeout(wait)
            .create_timeout(wait)
            .recycle_timeout(wait)
            .build()
            .map_err(|error| StoreError::Internal(error.to_string()))?;
        Ok(Self { shared, next: AtomicUsize::new(0), pool, target, standing, options, busy: AtomicUsize::new(0) })
    }

    pub async fn select(&self, select: &Select) -> Result<Vec<Row>, StoreError> {
        let hints = Hints { views: self.standing.has_views(), ..Hints::default() };
        let sql = kontor_store_sql::select_with(select, Dialect::Postgres, hints);
        let space = Some(select.space).filter(|_| self.standing.sets_space());
        self.read(&sql, select.lane, space).await
    }

    /// Rows of a statement, with `space` set for it. What only the connection was to blame for is asked once more.
    pub async fn read(&self, sql: &Sql, lane: Lane, space: Option<SpaceId>) -> Result<Vec<Row>, StoreError> {
        let _busy = Busy::on(&self.busy);
        if lane == Lane::Slow {
            return self.pooled(sql, space).await;
        }
        let deadline = Instant::now() + self.options.statement_timeout;
        // When the server was away every shared connection may be one that broke.
        let mut tried = 0;
        loop {
            tried += 1;
            let conn = self.pick().await?;
            let _asked = Busy::on(&conn.asked);
            let error = match tokio::time::timeout_at(deadline, self.quick(&conn, sql, space)).await {
                Ok(Ok(rows)) => return Ok(rows),
                Ok(Err(Refusal::Server(error))) => error,
                Ok(Err(Refusal::Unset)) if tried <= self.shared.len() + 1 => continue,
                Ok(Err(Refusal::Unset)) => return Err(unset()),
                Err(_) => {
                    // Whatever runs on this connection now was sent before this question, so its time is up too.
                    conn.cancel().await;
                    return Err(timed_out(self.options.statement_timeout));
                }
            };
            let again = match kind(&error) {
                Kind::Broken | Kind::Again => true,
                Kind::Stale => {
                    conn.forget();
                    true
                }
                // Cancelled in another's place: the connection is shared.
                Kind::Follows | Kind::Final => cancelled(&error),
            };
            if !again || tried > self.shared.len() + 1 || Instant::now() >= deadline {
                return Err(store_error(&error));
            }
        }
    }

    /// Of the connections that stand the next that has least to answer, so that what waits for a lock holds up few; when
    /// none stands, the next that is being mended.
    async fn pick(&self) -> Result<Arc<Conn>, StoreError> {
        let start = self.next.fetch_add(1, Ordering::Relaxed);
        let standing = (0..self.shared.len()).filter_map(|n| self.slot(start + n).and_then(Slot::now));
        if let Some(conn) = standing.min_by_key(|conn| conn.asked.load(Ordering::Relaxed)) {
            return Ok(conn);
        }
        match self.slot(start) {
            Some(slot) => slot.ready(self.options.acquire_timeout).await,
            None => Err(StoreError::Closed),
        }
    }

    fn slot(&self, n: usize) -> Option<&Slot> {
        self.shared.get(n % self.shared.len().max(1))
    }

    async fn quick(&self, conn: &Arc<Conn>, sql: &Sql, space: Option<SpaceId>) -> Result<Vec<Row>, Refusal> {
        if !self.options.prepare {
            return self.transaction(&conn.client, Some(&conn.scope), sql, space).await;
        }
        let types: Vec<Type> = sql.params.iter().map(|(value, kind)| type_of(value, *kind)).collect();
        let statement = conn.prepared(&sql.text, &types).await?;
        let ask = prepared(&conn.client, &statement, sql);
        match space {
            Some(space) => within(conn, space, ask).await,
            None => Ok(ask.await?),
        }
    }

    /// The server plans a prepared statement for its values as long as that pays, and then once for all: a search takes
    /// as long to plan as to run. The space is sent with each: that costs nothing here.
    async fn slow(&self, object: &Object, sql: &Sql, space: Option<SpaceId>) -> Result<Vec<Row>, Refusal> {
        if !self.options.prepare {
            return self.transaction(object, None, sql, space).await;
        }
        let types: Vec<Type> = sql.params.iter().map(|(value, kind)| type_of(value, *kind)).collect();
        let statement = object.prepare_typed_cached(&sql.text, &types).await?;
        let ask = prepared(object, &statement, sql);
        let Some(space) = space else { return Ok(ask.await?) };
        let set = set(space);
        between(None, object.batch_execute(&set), ask, async { Ok(()) }).await
    }

    /// A statement in a transaction of its own that begins with what sessions do not keep.
    async fn transaction(
        &self,
        client: &Client,
        scope: Option<&Scope>,
        sql: &Sql,
        space: Option<SpaceId>,
    ) -> Result<Vec<Row>, Refusal> {
        let Some(space) = space else {
            return between(scope, async { Ok(()) }, unnamed(client, sql), async { Ok(()) }).await;
        };
        let begin = self.standing.transaction("BEGIN", true, space);
        between(scope, client.batch_execute(&begin), unnamed(client, sql), client.batch_execute("COMMIT")).await
    }

    async fn pooled(&self, sql: &Sql, space: Option<SpaceId>) -> Result<Vec<Row>, StoreError> {
        // When the server was away every connection of the pool may be one that broke.
        for left in (0..=self.options.pool_size.max(1)).rev() {
            let object = self.pool.get().await.map_err(pool_error)?;
            match tokio::time::timeout(self.options.statement_timeout, self.slow(&object, sql, space)).await {
                Ok(Ok(rows)) => return Ok(rows),
                Ok(Err(Refusal::Unset)) if left == 0 => return Err(unset()),
                Ok(Err(Refusal::Server(error))) if left == 0 || kind(&error) != Kind::Broken => {
                    return Err(store_error(&error));
                }
                Ok(Err(_)) => drop(Object::take(object)),
                Err(_) => {
                    cancel(object.cancel_token(), &self.target).await;
                    // Still busy: it must not serve another.
                    drop(Object::take(object));
                    return Err(timed_out(self.options.statement_timeout));
                }
            }
        }
        Err(StoreError::Unavailable("no connection stood".to_owned()))
    }

    /// How many connections of the pool are in use, of how many that it may have.
    pub fn show(&self) {
        let status = self.pool.status();
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let busy = status.size.saturating_sub(status.available);
        gauge("db_connections_busy", "Connections of the pool that are in use.", &[]).set(number(busy));
        gauge("db_connections", "Connections that the pool may have.", &[]).set(number(status.max_size));
    }

    pub fn close(&self) {
        self.pool.close();
    }
}

/// Sends at its first poll.
async fn prepared(client: &Client, statement: &Statement, sql: &Sql) -> Result<Vec<Row>, Error> {
    let rows = client.query_raw(statement, sql.params.iter().map(|(value, _)| Param(value))).await?;
    rows.try_collect().await
}

/// A statement that leaves nothing behind on the server; planned for its values. Sends at its first poll.
async fn unnamed(client: &Client, sql: &Sql) -> Result<Vec<Row>, Error> {
    let params = sql.params.iter().map(|(value, kind)| (Param(value), type_of(value, *kind)));
    client.query_typed_raw(&sql.text, params).await?.try_collect().await
}

fn timed_out(limit: Duration) -> StoreError {
    StoreError::Timeout(format!("no answer within {} ms; the statement was cancelled", limit.as_millis()))
}

fn unset() -> StoreError {
    StoreError::Unavailable("the space of a statement could not be set".to_owned())
}

fn pool_error(error: PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) => store_error(&error),
        PoolError::Timeout(_) => StoreError::Timeout("no connection was free within the time allowed".to_owned()),
        PoolError::Closed => StoreError::Closed,
        other => StoreError::Unavailable(other.to_string()),
    }
}
