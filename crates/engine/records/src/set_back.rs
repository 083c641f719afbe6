//! Times of records that a clock wrote which has been set back since.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use kontor_model::clock::NOTICED_MS;
use kontor_model::{Op, Result, SetBack, SpaceId, Value};

use crate::{Ctx, Found, Records, Sight};

/// Between two looks for such times in a space, where nothing says that the clock was set back.
const MEND: Duration = Duration::from_secs(30);

/// When a sweep is to look for them, in each space.
#[derive(Debug, Default)]
pub struct Mends(Mutex<HashMap<SpaceId, SetBack>>);

impl Mends {
    /// Whether to look now.
    pub fn is_due(&self, records: &Records, ctx: &Ctx) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = known.entry(ctx.space()).or_insert_with(|| SetBack::every(MEND));
        own.is_due(records.clock().now_ms(), Instant::now())
    }
}

impl Sight<'_> {
    /// Records, at most `limit`, that were written in what is the future now, and whose time in the field `due` is still
    /// to come; and when each is due by the clock as it is: what was left of its pause when it was written last is left
    /// now. For pauses, and not for moments that somebody chose. Once it is written again a record is not among them.
    ///
    /// # Errors
    /// The database's.
    pub async fn ahead(&self, object: &str, due: &str, limit: u64) -> Result<Vec<(Found, i64)>> {
        let now = self.now();
        let written = Value::Int(now.saturating_add(NOTICED_MS));
        let ahead = [(due, Op::Gt, Value::Int(now)), ("updated_at", Op::Gt, written)];
        let found = self.find(object, &ahead, limit).await?;
        let at = |record: Found| {
            let left = record.int(due)?.saturating_sub(record.int("updated_at")?);
            Some((record, now.saturating_add(left.max(0))))
        };
        Ok(found.into_iter().filter_map(at).collect())
    }
}
