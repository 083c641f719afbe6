//! What nobody needs any more: expired links, ended sessions, old counters.

use kontor_model::{Kind, Op, Result, Value};
use kontor_store::system::{INSTALLATION, ONE_TIME, PASSKEY_CHALLENGE, SESSION, THROTTLE};
use kontor_store::{Batch, Cond, Expr};

use super::rows::{self};
use super::{Accounts, throttle};

const AT_ONCE: u64 = 500;

impl Accounts {
    /// Removes what has expired; at most some hundred rows of each kind at a time.
    ///
    /// # Errors
    /// The database's.
    pub async fn sweep(&self) -> Result<()> {
        let now = self.now();
        for (table, key, kind, column, until) in [
            (ONE_TIME, "id", Kind::Int, "expires_at", now),
            (PASSKEY_CHALLENGE, "hash", Kind::Text, "expires_at", now),
            // A session's row outlives its end: the places that someone signed in from are known by them.
            (SESSION, "id", Kind::Int, "expires_at", now),
            (THROTTLE, "name", Kind::Text, "last_at", now - throttle::FORGOTTEN_MS),
        ] {
            let old = Cond::Test { left: Expr::column(column, Kind::Int), op: Op::Lt, right: Value::Int(until) };
            let select = rows::select(table, &[(key, kind)]).filter(old).limit(AT_ONCE);
            let mut batch = Batch::new(INSTALLATION);
            for mut row in self.parts.store.rows(select).await? {
                let Some(value) = row.pop() else { continue };
                batch.writes.push(rows::delete(table, vec![(key, kind, value)], false));
            }
            if !batch.writes.is_empty() {
                self.parts.store.commit(batch).await?;
            }
        }
        Ok(())
    }
}
