//! Limits that processes share through Redis: one script takes all buckets of a request in one round trip.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use kontor_telemetry::metrics::{Gauge, gauge};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Script};
use tokio::time::timeout;

use super::Decision;
use super::gcra::{Level, Rule};
use super::policy::{Bucket, Subject};

/// How long a request waits for Redis before it is decided without.
pub const PATIENCE: Duration = Duration::from_millis(50);
/// How long a new connection may take; no request waits for that.
const CONNECT: Duration = Duration::from_millis(1_000);

/// A Redis server, there or away.
pub struct Redis {
    client: Client,
    script: Script,
    /// Before all keys: installations may share a server.
    prefix: String,
    patience: Duration,
    /// With its number; none while Redis is away.
    connection: RwLock<Option<(u64, MultiplexedConnection)>>,
    connections: AtomicU64,
    away: Gauge,
}

impl Redis {
    /// Connects to nothing yet: [`Redis::probe`] does.
    ///
    /// # Errors
    /// A URL that names no server; what it says holds no password.
    pub fn new(url: &str, installation: &str, patience: Duration) -> Result<Self, String> {
        Ok(Self {
            client: Client::open(url).map_err(|error| format!("redis_url: {}", error.category()))?,
            script: Script::new(include_str!("take.lua")),
            prefix: format!("kontor:{installation}:limit"),
            patience,
            connection: RwLock::new(None),
            connections: AtomicU64::new(0),
            away: gauge("rate_limit_redis_away", "1 while limits are not shared through Redis.", &[]),
        })
    }

    fn current(&self) -> Option<(u64, MultiplexedConnection)> {
        self.connection.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn is_away(&self) -> bool {
        self.connection.read().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Says once that Redis is away; later failures of the same connection say nothing.
    fn lost(&self, number: u64, cause: &str) {
        let mut connection = self.connection.write().unwrap_or_else(PoisonError::into_inner);
        if connection.take_if(|(current, _)| *current == number).is_some() {
            self.away.set(1);
            tracing::warn!(cause, "redis is away: each process goes on with its share of the limits");
        }
    }

    /// Asks whether Redis is there, connecting anew when it was away.
    ///
    /// # Errors
    /// It is not.
    pub async fn probe(&self) -> Result<(), String> {
        if let Some((number, mut connection)) = self.current() {
            let ping = timeout(CONNECT, redis::cmd("PING").query_async::<String>(&mut connection)).await;
            let cause = match ping {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(error)) => error.to_string(),
                Err(_) => "no answer in time".to_owned(),
            };
            self.lost(number, &cause);
            return Err(cause);
        }
        let settings =
            AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT)).set_response_timeout(Some(CONNECT));
        let connected = self.client.get_multiplexed_async_connection_with_config(&settings);
        let connection = match timeout(CONNECT * 2, connected).await {
            Ok(Ok(connection)) => connection,
            outcome => {
                let cause = outcome.map_or_else(
                    |_| "no answer in time".to_owned(),
                    |e| e.err().map(|e| e.to_string()).unwrap_or_default(),
                );
                // The first attempt is a change of state, too.
                if self.connections.compare_exchange(0, 1, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
                    self.away.set(1);
                    tracing::warn!(cause, "redis is away: each process goes on with its share of the limits");
                }
                return Err(cause);
            }
        };
        let number = self.connections.fetch_add(1, Ordering::SeqCst) + 1;
        let mut current = self.connection.write().unwrap_or_else(PoisonError::into_inner);
        if current.is_none() {
            *current = Some((number, connection));
            self.away.set(0);
            tracing::info!("limits are shared through redis");
        }
        Ok(())
    }

    /// Takes from all buckets, or from none, and says what is used of windows. `now_us` 0 is the server's own clock.
    /// None when Redis is away.
    pub async fn take(&self, now_us: u64, buckets: &[Bucket]) -> Option<(Decision, Vec<u64>)> {
        let (number, mut connection) = self.current()?;
        let mut call = self.script.prepare_invoke();
        call.arg(now_us);
        for bucket in buckets {
            call.key(self.key(bucket.subject));
            match bucket.rule {
                Rule::Rate { interval_us, burst } => call.arg("r").arg(interval_us).arg(burst),
                Rule::Window { limit, length_us } => call.arg("w").arg(limit).arg(length_us),
            }
            .arg(bucket.cost);
        }
        let answer = match timeout(self.patience, call.invoke_async::<Vec<i64>>(&mut connection)).await {
            Ok(Ok(answer)) => decision(&answer, buckets.len()).ok_or_else(|| "an answer of another form".to_owned()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no answer within {} ms", self.patience.as_millis())),
        };
        match answer {
            Ok(decision) => Some(decision),
            Err(cause) => {
                self.lost(number, &cause);
                None
            }
        }
    }

    fn key(&self, subject: Subject) -> String {
        let mut key = self.prefix.clone();
        // Writing to a string does not fail.
        let _ = match subject {
            Subject::Ip(address) => write!(key, ":ip:{address}"),
            Subject::Failures(address) => write!(key, ":failures:{address}"),
            Subject::Key(id) => write!(key, ":key:{id}"),
            Subject::Space(id) => write!(key, ":space:{id}"),
            Subject::Day(id, day) => write!(key, ":day:{id}:{day}"),
            Subject::Route(kind, id) => write!(key, ":{}:{id}", kind.name()),
            Subject::Gate(gate, address) => write!(key, ":{}:{address}", gate.name()),
        };
        key
    }
}

fn decision(answer: &[i64], buckets: usize) -> Option<(Decision, Vec<u64>)> {
    let (admitted, rest) = answer.split_first()?;
    let mut levels = Vec::with_capacity(buckets);
    let mut used = Vec::with_capacity(buckets);
    for one in rest.chunks_exact(4) {
        let [wait, remaining, reset, count] = one else { return None };
        let number = |n: &i64| u64::try_from(*n).ok();
        levels.push(Level { wait_us: number(wait)?, remaining: number(remaining)?, reset_us: number(reset)? });
        used.push(number(count)?);
    }
    (levels.len() == buckets).then_some((Decision { admitted: *admitted == 1, levels }, used))
}
