//! Sign-ins under way: a row for each `state`, good once, for ten minutes, in the browser that began. What is needed
//! again, the verifier and the nonce, is made from the `state` and not kept.

use kontor_identity::providers::Provider;
use kontor_model::{Kind, Result};
use kontor_store::system::providers::IDENTITY_ATTEMPT;
use serde::{Deserialize, Serialize};

use super::Federation;
use crate::db::{self, Committed};
use crate::random;

const LIFETIME_MS: i64 = 600_000;

const COLUMNS: &[(&str, Kind)] = &[
    ("provider_id", Kind::Int),
    ("browser", Kind::Text),
    ("carried", Kind::Json),
    ("created_at", Kind::Int),
    ("expires_at", Kind::Int),
];

/// Where the person goes on: a handle or a user code, never an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried(pub Vec<(String, String)>);

impl Carried {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find_map(|(known, value)| (known == name).then_some(value.as_str()))
    }
}

/// A sign-in that came back.
pub struct Attempt {
    pub carried: Carried,
    /// Unix milliseconds.
    pub begun_at: i64,
}

impl Federation {
    /// Remembers a sign-in; its `state`.
    ///
    /// # Errors
    /// The database's.
    pub(super) async fn remember(&self, provider: &Provider, browser: &str, carried: &Carried) -> Result<String> {
        let state = random::token("")?;
        let carried = serde_json::to_value(carried).map_err(kontor_model::Error::internal)?;
        let now = self.clock.now_ms();
        let mut batch = db::batch();
        batch.writes.push(db::insert(
            IDENTITY_ATTEMPT,
            vec![
                db::text("hash", &random::hash(&state)),
                db::int("provider_id", provider.id.0),
                db::text("browser", &random::hash(browser)),
                db::json("carried", &carried),
                db::int("state", 0),
                db::int("created_at", now),
                db::int("expires_at", now + LIFETIME_MS),
            ],
        ));
        db::commit(&*self.store, batch).await?;
        Ok(state)
    }

    /// The sign-in of a `state`, used up by this call; None for one that is unknown, used, too old, of another
    /// provider, or of another browser (which does not use it up).
    ///
    /// # Errors
    /// The database's.
    pub(super) async fn recall(&self, provider: &Provider, browser: &str, state: &str) -> Result<Option<Attempt>> {
        let key = || vec![db::text("hash", &random::hash(state)), db::int("state", 0)];
        let Some(row) = db::one(&*self.store, IDENTITY_ATTEMPT, COLUMNS, key()).await? else { return Ok(None) };
        let own = random::same(&row.text("browser"), &random::hash(browser));
        if !own || row.int("provider_id") != provider.id.0 || row.int("expires_at") <= self.clock.now_ms() {
            return Ok(None);
        }
        let mut batch = db::batch();
        batch.writes.push(db::update(IDENTITY_ATTEMPT, key(), vec![db::int("state", 1)]));
        if db::commit(&*self.store, batch).await? != Committed::Done {
            return Ok(None);
        }
        let carried = serde_json::from_value(row.json("carried")).unwrap_or_default();
        Ok(Some(Attempt { carried, begun_at: row.int("created_at") }))
    }

    /// The code verifier of a sign-in (RFC 7636, 4.1): 43 characters that only this installation can make.
    pub(super) fn verifier(&self, state: &str) -> Result<String> {
        self.vault.tag("provider/verifier/1", state)
    }

    /// The nonce of a sign-in.
    pub(super) fn nonce(&self, state: &str) -> Result<String> {
        self.vault.tag("provider/nonce/1", state)
    }
}
