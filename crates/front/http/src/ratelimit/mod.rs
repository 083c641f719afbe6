//! Step 6: how much may be asked for (api.md 8): by address, credential, day, space and kind of route, in this process
//! or shared through Redis.
//!
//! Before the credential is looked at, only addresses are refused that are known to have gone too far. Then all limits
//! of the request are taken together, or none of them.

mod days;
mod gcra;
mod headers;
mod memory;
mod pass;
mod policy;
mod redis;
mod refusal;
#[cfg(test)]
mod tests;
mod weight;

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::http::{HeaderMap, Uri};
use kontor_config::{Config, Rate};
use kontor_model::{Clock, ErrorCode, Result};
use kontor_records::Caller;
use kontor_telemetry::metrics::{Counter, counter};
use quick_cache::sync::Cache;

use self::gcra::{Level, State};
use self::memory::Memory;
use self::policy::{Bucket, Subject};
use self::redis::Redis;
use crate::credential;
use crate::health::{Ask, Check};

pub use days::{DayBook, DayUse};
pub use pass::{Pass, WrongGuess};
pub use policy::network;
pub use weight::{Weight, weight};

/// Addresses that are refused, and credentials that were good: as many are remembered.
const REMEMBERED: usize = 16_384;
/// After so many microseconds a credential has to be good again.
const GOOD_US: u64 = 600_000_000;

/// What came of all limits of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub admitted: bool,
    /// In the order of the buckets.
    pub levels: Vec<Level>,
}

/// The limits of a process.
pub struct RateLimits {
    on: bool,
    rate: Rate,
    clock: Arc<dyn Clock>,
    start: Instant,
    memory: Memory,
    redis: Option<Arc<Redis>>,
    book: Option<Arc<dyn DayBook>>,
    processes: AtomicU64,
    hasher: RandomState,
    /// Addresses that are refused before their credential is looked at: until when, and why.
    refused: Cache<IpAddr, (u64, Subject)>,
    /// Credentials that were good, and when.
    good: Cache<u64, u64>,
    refusals: [(&'static str, Counter); 10],
}

impl RateLimits {
    /// As the configuration says. `installation` tells apart those that share a Redis; with Redis the book is not used.
    ///
    /// # Errors
    /// A `redis_url` that names no server.
    pub fn new(
        config: &Config,
        clock: Arc<dyn Clock>,
        installation: &str,
        book: Option<Arc<dyn DayBook>>,
    ) -> Result<Self, String> {
        if !config.limits {
            return Ok(Self::off(clock));
        }
        let url = config.redis_url.as_ref();
        let redis = url.map(|url| Redis::new(url.expose(), installation, redis::PATIENCE)).transpose()?;
        let book = book.filter(|_| redis.is_none());
        Ok(Self { on: true, rate: config.rate.clone(), redis: redis.map(Arc::new), book, ..Self::off(clock) })
    }

    /// No limits.
    pub fn off(clock: Arc<dyn Clock>) -> Self {
        let refused =
            |limit| (limit, counter("rate_limit_refusals_total", "Requests refused by a limit.", &[("limit", limit)]));
        Self {
            on: false,
            rate: Rate::default(),
            clock,
            start: Instant::now(),
            memory: Memory::default(),
            redis: None,
            book: None,
            processes: AtomicU64::new(1),
            hasher: RandomState::new(),
            refused: Cache::new(REMEMBERED),
            good: Cache::new(REMEMBERED),
            refusals: ["ip", "failures", "key", "space", "day", "sign_in", "token", "search", "bulk", "metadata"]
                .map(refused),
        }
    }

    /// For `/readyz`, when limits are to be shared.
    pub fn check(&self) -> Option<Check> {
        let redis = self.redis.clone()?;
        let ask: Ask = Box::new(move || {
            let redis = redis.clone();
            Box::pin(async move { if redis.is_away() { Err("away".to_owned()) } else { redis.probe().await } })
        });
        Some(Check { name: "redis", ask })
    }

    /// How many processes there are: without Redis each takes its share of the limits.
    pub fn set_processes(&self, processes: usize) {
        self.processes.store(u64::try_from(processes).unwrap_or(u64::MAX).max(1), Ordering::Relaxed);
    }

    fn now_us(&self) -> u64 {
        // 0 is "never was": time begins after it.
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Begins: refuses an address that has gone too far, before its credential costs anything. One that presents bad
    /// credentials is refused with all but those that were good before: they are no guesses, and behind one address
    /// there may be many.
    ///
    /// # Errors
    /// 429000.
    pub fn enter(&self, address: Option<IpAddr>, headers: &HeaderMap, uri: &Uri, pass: &mut Pass) -> Result<()> {
        pass.exempt |= !self.on;
        if pass.exempt {
            return Ok(());
        }
        pass.address = address;
        pass.token = credential::token(headers, uri).ok().map(|token| self.hasher.hash_one(token));
        let Some(address) = address else { return Ok(()) };
        let Some((until, subject)) = self.refused.get(&policy::network(address)) else { return Ok(()) };
        let now = self.now_us();
        let known = || pass.token.and_then(|t| self.good.get(&t)).is_some_and(|at| now < at.saturating_add(GOOD_US));
        if until <= now || matches!(subject, Subject::Failures(_)) && known() {
            return Ok(());
        }
        let bucket = match subject {
            Subject::Failures(_) => policy::of_failure(&self.rate, address),
            _ => policy::of_address(&self.rate, address),
        };
        let Some(bucket) = bucket else { return Ok(()) };
        let wait_us = until - now;
        pass.applied = vec![(bucket, Level { wait_us, remaining: 0, reset_us: wait_us })];
        Err(self.refusal(pass))
    }

    /// Takes all limits of a request once it is known whose it is, or that it is refused: `refused` is why.
    ///
    /// # Errors
    /// 429000, 429001: then nothing was taken.
    pub async fn take(
        &self,
        pass: &mut Pass,
        caller: Option<&Caller>,
        weight: Weight,
        refused: Option<ErrorCode>,
    ) -> Result<()> {
        if pass.exempt {
            return Ok(());
        }
        let (mut buckets, unlimited) =
            caller.map(|caller| policy::of_caller(&self.rate, caller, weight, &*self.clock)).unwrap_or_default();
        let is_bad = refused == Some(ErrorCode::BadCredential);
        if let Some(address) = pass.address {
            buckets.extend(policy::of_address(&self.rate, address).filter(|_| !unlimited));
            buckets.extend(policy::of_failure(&self.rate, address).filter(|_| is_bad));
            buckets.extend(policy::of_gate(&self.rate, address, weight));
        }
        if let Some(token) = pass.token {
            if caller.is_some() {
                self.good.insert(token, self.now_us());
            } else if is_bad {
                self.good.remove(&token);
            }
        }
        if buckets.is_empty() {
            return Ok(());
        }
        let decision = self.decide(&buckets).await;
        pass.applied = buckets.into_iter().zip(decision.levels).collect();
        self.remember(pass);
        if decision.admitted { Ok(()) } else { Err(self.refusal(pass)) }
    }

    /// A handler found a wrong password, code or secret: counts as a bad credential of the address.
    ///
    /// # Errors
    /// 429000 when there were too many: the answer is kept from the guesser.
    pub async fn failed(&self, pass: &mut Pass) -> Result<()> {
        let bucket = pass.address.filter(|_| !pass.exempt).and_then(|address| policy::of_failure(&self.rate, address));
        let Some(bucket) = bucket else { return Ok(()) };
        let decision = self.decide(&[bucket]).await;
        pass.applied.extend([bucket].into_iter().zip(decision.levels));
        self.remember(pass);
        if decision.admitted { Ok(()) } else { Err(self.refusal(pass)) }
    }

    async fn decide(&self, buckets: &[Bucket]) -> Decision {
        if let Some(redis) = &self.redis
            && let Some((decision, used)) = redis.take(0, buckets).await
        {
            // Should Redis go away, the day does not begin again.
            let now = self.now_us();
            for ((bucket, level), used) in buckets.iter().zip(&decision.levels).zip(used) {
                if matches!(bucket.subject, Subject::Day(..)) {
                    let full_us = now.saturating_add(level.reset_us);
                    self.memory.learn(bucket.subject, State { full_us, used }, now);
                }
            }
            return decision;
        }
        let processes = self.processes.load(Ordering::Relaxed);
        let shares: Vec<Bucket> = buckets.iter().map(|b| Bucket { rule: b.rule.share(processes), ..*b }).collect();
        self.memory.take(self.now_us(), &shares)
    }

    /// Addresses that have nothing left.
    fn remember(&self, pass: &Pass) {
        for (bucket, level) in &pass.applied {
            let (address, wait) = match bucket.subject {
                Subject::Ip(address) if level.wait_us > 0 => (address, level.wait_us),
                Subject::Failures(address) if level.remaining == 0 => (address, level.reset_us),
                _ => continue,
            };
            let now = self.now_us();
            let for_failures = |(until, why): (u64, Subject)| until > now && matches!(why, Subject::Failures(_));
            if matches!(bucket.subject, Subject::Ip(_)) && self.refused.get(&address).is_some_and(for_failures) {
                continue;
            }
            self.refused.insert(address, (now.saturating_add(wait), bucket.subject));
        }
    }

    /// Every second or so: looks for a Redis that was away.
    pub async fn look_for_redis(&self) {
        if let Some(redis) = self.redis.as_ref().filter(|redis| redis.is_away()) {
            redis.probe().await.ok();
        }
    }
}
