//! Forgetting what has expired.

use kontor_model::{Kind, Result};
use kontor_store::system::oauth::{
    OAUTH_CODE, OAUTH_DEVICE, OAUTH_GRANT, OAUTH_REFRESH, OAUTH_REQUEST, OAUTH_REVOKED, OAUTH_SEEN,
};
use kontor_store::system::providers::IDENTITY_ATTEMPT;

use crate::{OAuth, db};

/// A row is kept this long after it expired: a token used too late is told from one that never was.
const KEPT_MS: i64 = 86_400_000;

const TABLES: &[(&str, &str, Kind)] = &[
    (OAUTH_CODE, "hash", Kind::Text),
    (OAUTH_REQUEST, "hash", Kind::Text),
    (OAUTH_DEVICE, "hash", Kind::Text),
    (OAUTH_REFRESH, "hash", Kind::Text),
    (OAUTH_SEEN, "hash", Kind::Text),
    (OAUTH_REVOKED, "hash", Kind::Text),
    (OAUTH_GRANT, "id", Kind::Int),
    (IDENTITY_ATTEMPT, "hash", Kind::Text),
];

impl OAuth {
    /// Deletes rows that expired a day ago.
    ///
    /// # Errors
    /// The database's.
    pub async fn sweep(&self) -> Result<()> {
        let before = self.clock.now_ms() - KEPT_MS;
        for (table, key, kind) in TABLES {
            loop {
                let keys = db::expired(&*self.store, table, (key, *kind), before).await?;
                if keys.is_empty() {
                    break;
                }
                let mut batch = db::batch();
                batch.writes.extend(keys.into_iter().map(|value| db::delete(table, vec![(*key, *kind, value)])));
                db::commit(&*self.store, batch).await?;
            }
        }
        self.ring.sweep().await
    }
}
