//! Failed attempts (ASVS 6.3.1): counted in the database, so that many processes count together, and before the attempt
//! is made, so that a thousand at once are still counted one by one.

use std::net::IpAddr;
use std::sync::Arc;

use kontor_model::{Clock, Error, ErrorCode, Kind, Result};
use kontor_store::system::{INSTALLATION, THROTTLE};
use kontor_store::{Batch, CommitError, Store};
use quick_cache::sync::Cache;

use super::rows::{self, Row, int, text};

/// Failures before the first wait, against one login and from one address: behind one address sit many people.
pub const OF_LOGIN: i64 = 5;
const OF_ADDRESS: i64 = 20;
const LONGEST_MS: i64 = 15 * 60_000;
/// After so long without a failure counting starts anew.
pub const FORGOTTEN_MS: i64 = 2 * 3_600_000;
/// Attempts of the same name that may get in between before this one is told to wait.
const RACES: usize = 8;
const REMEMBERED: usize = 10_000;

const COLUMNS: &rows::Columns = &[("failed", Kind::Int), ("last_at", Kind::Int), ("blocked_until", Kind::Int)];

/// How long to wait after the `failed`th failure: 0 below `free`, then 1 s, 2 s, 4 s … 15 min.
fn wait_ms(failed: i64, free: i64) -> i64 {
    let over = failed - free;
    if over < 0 {
        return 0;
    }
    1_000_i64.checked_shl(u32::try_from(over.min(20)).unwrap_or(20)).unwrap_or(LONGEST_MS).min(LONGEST_MS)
}

/// An attempt that was counted as a failure until it is known to be none.
#[derive(Debug)]
#[must_use = "an attempt that succeeds has to be given back"]
pub struct Counted {
    name: String,
    /// Whether a success wipes all failures, or only itself.
    wipes: bool,
}

/// The counters.
pub struct Throttle {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    by_address: bool,
    /// Names with the time until which they wait: an attempt in vain costs no query.
    blocked: Cache<String, i64>,
}

impl Throttle {
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, by_address: bool) -> Self {
        Self { store, clock, by_address, blocked: Cache::new(REMEMBERED) }
    }

    /// Counts an attempt against one login or factor.
    ///
    /// # Errors
    /// 429000 while it has to wait; the database's.
    pub async fn login(&self, name: String) -> Result<Counted> {
        self.count(name, OF_LOGIN, true).await
    }

    /// Counts an attempt from an address; IPv6 ones by their network of 64 bits.
    ///
    /// # Errors
    /// As [`Throttle::login`].
    pub async fn address(&self, ip: Option<IpAddr>) -> Result<Option<Counted>> {
        let name = match ip.map(|ip| ip.to_canonical()) {
            Some(IpAddr::V4(ip)) => format!("ip:{ip}"),
            Some(IpAddr::V6(ip)) => format!("ip:{:x}", ip.to_bits() >> 64),
            None => return Ok(None),
        };
        if !self.by_address {
            return Ok(None);
        }
        self.count(name, OF_ADDRESS, false).await.map(Some)
    }

    async fn count(&self, name: String, free: i64, wipes: bool) -> Result<Counted> {
        for _ in 0..RACES {
            let now = self.clock.now_ms();
            if let Some(until) = self.blocked.get(&name) {
                check(now, until)?;
            }
            let select = rows::select(THROTTLE, COLUMNS).equals("name", Kind::Text, name.as_str()).limit(1);
            let row = self.store.rows(select).await?.into_iter().next();
            let mut batch = Batch::new(INSTALLATION);
            let (count, write) = match row.map(Row::new) {
                None => {
                    let until = now + wait_ms(1, free);
                    let row = vec![
                        text("name", name.as_str()),
                        int("failed", 1),
                        int("last_at", now),
                        int("blocked_until", until),
                    ];
                    batch.insert(THROTTLE, row);
                    (1, None)
                }
                Some(mut row) => {
                    let (failed, last, until) = (row.int(), row.int(), row.int());
                    if let Err(wait) = check(now, until) {
                        self.blocked.insert(name.clone(), until);
                        return Err(wait);
                    }
                    let count = if now - last > FORGOTTEN_MS { 1 } else { failed + 1 };
                    let keys = vec![text("name", name.as_str()), int("failed", failed), int("last_at", last)];
                    let set = vec![
                        int("failed", count),
                        int("last_at", now.max(last + 1)),
                        int("blocked_until", now + wait_ms(count, free)),
                    ];
                    (count, Some(rows::update(THROTTLE, keys, set, true)))
                }
            };
            batch.writes.extend(write);
            match self.store.commit(batch).await {
                Ok(()) => {
                    let wait = wait_ms(count, free);
                    if wait > 0 {
                        self.blocked.insert(name.clone(), now + wait);
                    }
                    return Ok(Counted { name, wipes });
                }
                Err(CommitError::Guard { .. } | CommitError::Unique { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(refusal(1_000))
    }

    /// The attempt was no failure.
    ///
    /// # Errors
    /// The database's.
    pub async fn give_back(&self, counted: impl IntoIterator<Item = Counted>) -> Result<()> {
        for Counted { name, wipes } in counted {
            self.blocked.remove(&name);
            if wipes {
                let mut batch = Batch::new(INSTALLATION);
                batch.writes.push(rows::delete(THROTTLE, vec![text("name", name)], false));
                self.store.commit(batch).await?;
                continue;
            }
            for _ in 0..RACES {
                let select = rows::select(THROTTLE, COLUMNS).equals("name", Kind::Text, name.as_str()).limit(1);
                let Some(mut row) = self.store.rows(select).await?.into_iter().next().map(Row::new) else { break };
                let (failed_before, last) = (row.int(), row.int());
                let keys = vec![text("name", name.as_str()), int("failed", failed_before), int("last_at", last)];
                let left = (failed_before - 1).max(0);
                let mut batch = Batch::new(INSTALLATION);
                let set = vec![int("failed", left), int("blocked_until", 0)];
                batch.writes.push(rows::update(THROTTLE, keys, set, true));
                match self.store.commit(batch).await {
                    Err(CommitError::Guard { .. }) => {}
                    other => {
                        other?;
                        break;
                    }
                }
            }
        }
        Ok(())
    }
}

fn check(now: i64, until: i64) -> Result<()> {
    let left = until - now;
    // A wait that is longer than there are any comes from a clock that was put back.
    if left <= 0 || left > LONGEST_MS { Ok(()) } else { Err(refusal(left)) }
}

fn refusal(left_ms: i64) -> Error {
    let seconds = u32::try_from(left_ms.div_euclid(1_000) + 1).unwrap_or(1);
    Error::new(ErrorCode::RateLimited, "too many failed attempts; wait before the next one").with_retry_after(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour() {
        assert_eq!((1..=8).map(|n| wait_ms(n, 5)).collect::<Vec<_>>(), [0, 0, 0, 0, 1_000, 2_000, 4_000, 8_000]);
        assert_eq!((wait_ms(14, 5), wait_ms(15, 5), wait_ms(i64::MAX, 5)), (512_000, LONGEST_MS, LONGEST_MS));
    }

    #[test]
    fn a_clock_that_was_put_back_locks_nobody_out() {
        assert!(check(1_000, 1_000).is_ok() && check(0, 3_600_000 + LONGEST_MS).is_ok());
        assert_eq!(check(0, 1_500).unwrap_err().retry_after(), Some(2));
        assert_eq!(check(0, 500).unwrap_err().code(), ErrorCode::RateLimited);
    }

    #[test]
    fn a_thousand_guesses_take_days() {
        let spent: i64 = (1..=1_000).map(|n| wait_ms(n, OF_LOGIN)).sum();
        assert!(spent > 10 * 86_400_000);
    }
}
