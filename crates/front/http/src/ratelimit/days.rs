//! What is used of daily quotas, over restarts and over processes.

use futures::future::BoxFuture;
use kontor_model::Result;

use super::RateLimits;
use super::gcra::State;
use super::policy::{self, Subject};

/// What a credential has used on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayUse {
    pub key_id: i64,
    /// Days since 1970-01-01 in UTC.
    pub day: i64,
    /// Requests.
    pub used: u64,
}

/// Keeps what was used of daily quotas over a restart, and adds up several processes.
pub trait DayBook: Send + Sync {
    /// All of a day.
    ///
    /// # Errors
    /// The database's.
    fn of_day(&self, day: i64) -> BoxFuture<'_, Result<Vec<DayUse>>>;

    /// Adds to what is written, and says what all processes have used together.
    ///
    /// # Errors
    /// The database's; nothing is added then.
    fn add(&self, uses: Vec<DayUse>) -> BoxFuture<'_, Result<Vec<DayUse>>>;
}

impl RateLimits {
    /// Before the first request: what was used today, and whether Redis is there.
    ///
    /// # Errors
    /// The database's.
    pub async fn begin(&self) -> Result<()> {
        if let Some(redis) = &self.redis {
            // What it says is in the log and in /readyz.
            redis.probe().await.ok();
        }
        let Some(book) = &self.book else { return Ok(()) };
        let uses = book.of_day(self.today()).await?;
        self.learn(uses);
        Ok(())
    }

    /// Every few seconds and at the end: writes down what was used of daily quotas.
    ///
    /// # Errors
    /// The database's; it is tried again with the next call.
    pub async fn write_down(&self) -> Result<()> {
        let pending = self.memory.pending();
        self.memory.forget_days_before(self.today());
        let Some(book) = &self.book else { return Ok(()) };
        let uses: Vec<DayUse> = pending
            .iter()
            .filter_map(|(subject, used)| match subject {
                Subject::Day(key_id, day) => Some(DayUse { key_id: *key_id, day: *day, used: *used }),
                _ => None,
            })
            .collect();
        if uses.is_empty() {
            return Ok(());
        }
        match book.add(uses).await {
            Ok(totals) => {
                self.learn(totals);
                Ok(())
            }
            Err(error) => {
                pending.into_iter().for_each(|(subject, used)| self.memory.not_written(subject, used));
                Err(error)
            }
        }
    }

    fn today(&self) -> i64 {
        policy::day(self.clock.now_ms()).0
    }

    fn learn(&self, uses: Vec<DayUse>) {
        let (today, left_us) = policy::day(self.clock.now_ms());
        let now = self.now_us();
        for used in uses.into_iter().filter(|used| used.day == today) {
            let state = State { full_us: now.saturating_add(left_us), used: used.used };
            self.memory.learn(Subject::Day(used.key_id, used.day), state, now);
        }
    }
}
