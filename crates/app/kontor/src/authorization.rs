//! The authorization server's place in a process.

use std::sync::{Arc, Mutex};

use anyhow::Result;
use futures::future::BoxFuture;
use kontor_config::Config;
use kontor_http::{Authenticate, Presented};
use kontor_identity::keys::Keys;
use kontor_model::{Error, ErrorCode};
use kontor_oauth::OAuth;
use kontor_records::Caller;

use crate::house::House;
use crate::people::KeyHolders;

/// Callers by API key or by access token, whichever it looks like.
pub struct Credentials {
    pub keys: Arc<Keys>,
    pub tokens: Arc<kontor_oauth::Tokens>,
}

impl Authenticate for Credentials {
    fn authenticate<'a>(&'a self, presented: Presented<'a>) -> BoxFuture<'a, kontor_model::Result<Arc<Caller>>> {
        if kontor_oauth::Tokens::are_like(presented.token) {
            return self.tokens.authenticate(presented);
        }
        Box::pin(async move {
            if presented.is_dpop() {
                return Err(Error::new(ErrorCode::BadCredential, "an API key is bound to no proof; send it as Bearer"));
            }
            self.keys.authenticate(presented.token).await
        })
    }
}

/// The authorization server of a process that listens at `url`.
///
/// # Errors
/// The master key cannot be read; the database's.
pub async fn open(config: &Config, url: &str, house: &House) -> Result<Arc<OAuth>> {
    let people = KeyHolders {
        store: house.store.clone(),
        clock: house.clock.clone(),
        ids: house.ids.clone(),
        catalogs: house.catalogs.clone(),
        keys: house.keys.clone(),
        sessions: Mutex::default(),
    };
    let parts = kontor_oauth::Parts {
        store: house.store.clone(),
        clock: house.clock.clone(),
        ids: house.ids.clone(),
        records: house.records.clone(),
        catalogs: house.catalogs.clone(),
        callers: house.callers.clone(),
        people: Arc::new(people),
    };
    OAuth::open(config, url, parts).await.map_err(|error| {
        anyhow::anyhow!("the authorization server cannot start: {}", error.internal_text().unwrap_or(error.detail()))
    })
}

/// Forgets what has expired.
pub async fn sweep(server: Option<&OAuth>) {
    let Some(server) = server else { return };
    if let Err(error) = server.sweep().await {
        tracing::warn!(error = error.internal_text().unwrap_or(error.detail()), "old tokens were not swept");
    }
}
