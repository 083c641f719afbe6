//! Times of records that a clock wrote which has been set back since.

use kontor_model::clock::NOTICED_MS;
use kontor_model::{Op, Result, Value};

use crate::{Found, Sight};

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
