//! The authorization server's place in a process.

use std::sync::Arc;

use anyhow::Result;
use kontor_config::Config;
use kontor_identity::accounts::Passkeys;
use kontor_oauth::OAuth;

use crate::house::House;
use crate::people::Logins;

/// The authorization server of a process that listens at `url`.
///
/// # Errors
/// The master key cannot be read; the database's.
pub async fn open(config: &Config, url: &str, house: &House, passkeys: Arc<Passkeys>) -> Result<Arc<OAuth>> {
    let parts = kontor_oauth::Parts {
        store: house.store.clone(),
        clock: house.clock.clone(),
        ids: house.ids.clone(),
        records: house.records.clone(),
        catalogs: house.catalogs.clone(),
        callers: house.callers.clone(),
        roles: house.roles.clone(),
        people: Arc::new(Logins(house.accounts.clone())),
        providers: house.providers.clone(),
        egress: house.egress.clone(),
        passkeys,
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
