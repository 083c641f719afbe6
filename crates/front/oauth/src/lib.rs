//! The authorization server: OAuth 2.1 with OpenID Connect (RFC 6749, 6750, 7009, 7591, 7636, 7662, 8252, 8414, 8628,
//! 8693, 8707, 9068, 9126, 9207, 9449, 9700, 9728).
//!
//! One file per endpoint in `endpoints`; what they share lies beside: clients, grants, tokens, keys, proofs. Codes,
//! refresh tokens and secrets are kept as hashes; each is used up by one conditional update, so that of any number of
//! simultaneous uses one at most goes through, and a second use ends what the first one gave.

mod ask;
mod attempts;
mod audit;
mod call;
mod clients;
mod db;
mod dpop;
mod endpoints;
mod error;
mod form;
mod grants;
mod jose;
pub mod keys;
mod mint;
mod pages;
pub mod people;
mod pkce;
pub mod providers;
mod random;
mod redirect;
pub mod routes;
mod scope;
mod seeing;
mod sweep;
mod tokens;

use std::sync::Arc;

use axum::Router;
use kontor_catalog::Catalogs;
use kontor_config::Config;
use kontor_egress::Egress;
use kontor_identity::accounts::Passkeys;
use kontor_identity::callers::Callers;
use kontor_identity::providers::Providers;
use kontor_identity::roles::Roles;
use kontor_model::{Clock, Error, IdGenerator, Result};
use kontor_records::Records;
use kontor_store::Store;

use attempts::Attempts;
use clients::Clients;
use keys::Ring;
use keys::seal::Vault;
use people::People;
use providers::Federation;
pub use routes::ROUTES;
pub use seeing::Seeing;
pub use tokens::Tokens;

/// Life of an access token in seconds.
pub const ACCESS_TOKEN_S: i64 = 3_600;
/// Life of a refresh token, from its issue.
const REFRESH_TOKEN_MS: i64 = 90 * 86_400_000;

/// What the server is made of.
pub struct Parts {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<IdGenerator>,
    pub records: Arc<Records>,
    pub catalogs: Arc<Catalogs>,
    pub callers: Arc<Callers>,
    pub roles: Arc<Roles>,
    pub people: Arc<dyn People>,
    /// Companies' own identity providers.
    pub providers: Arc<Providers>,
    pub egress: Arc<Egress>,
    pub passkeys: Arc<Passkeys>,
}

/// The authorization server of a process.
pub struct OAuth {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<IdGenerator>,
    records: Arc<Records>,
    catalogs: Arc<Catalogs>,
    roles: Arc<Roles>,
    people: Arc<dyn People>,
    passkeys: Arc<Passkeys>,
    vault: Arc<Vault>,
    ring: Arc<Ring>,
    clients: Arc<Clients>,
    tokens: Arc<Tokens>,
    federation: Arc<Federation>,
    /// Without a slash at the end.
    issuer: Arc<str>,
    dynamic_registration: bool,
    /// Wrong secrets and user codes.
    attempts: Attempts,
    /// Registrations.
    registrations: Attempts,
}

impl OAuth {
    /// `url` is where this process listens; the issuer when `public_url` is not set.
    ///
    /// # Errors
    /// The master key cannot be read; the database's.
    pub async fn open(config: &Config, url: &str, parts: Parts) -> Result<Arc<Self>> {
        let Parts { store, clock, ids, records, catalogs, callers, roles, people, providers, egress, passkeys } = parts;
        let issuer: Arc<str> = config.public_url.as_ref().map_or(url, |u| u.expose()).trim_end_matches('/').into();
        let vault = Arc::new(Vault::new(&keys::seal::master_key(config).map_err(Error::internal)?));
        let ring = Arc::new(Ring::open(store.clone(), clock.clone(), vault.clone()).await?);
        let clients = Arc::new(Clients::new(store.clone(), clock.clone(), ids.clone(), egress.clone(), &issuer));
        let tokens = Arc::new(Tokens::new(
            store.clone(),
            clock.clone(),
            ring.clone(),
            clients.clone(),
            people.clone(),
            callers,
            vault.clone(),
            issuer.clone(),
        ));
        let federation =
            Arc::new(Federation::new(store.clone(), clock.clone(), providers, egress, vault.clone(), issuer.clone()));
        let registrations = if config.limits { 20 } else { u32::MAX };
        Ok(Arc::new(Self {
            store,
            clock,
            ids,
            records,
            catalogs,
            roles,
            people,
            passkeys,
            vault,
            ring,
            clients,
            tokens,
            federation,
            issuer,
            dynamic_registration: config.oauth.dynamic_registration,
            attempts: Attempts::new(10, 60_000),
            registrations: Attempts::new(registrations, 3_600_000),
        }))
    }

    /// Knows callers by access tokens.
    pub fn tokens(&self) -> &Arc<Tokens> {
        &self.tokens
    }

    /// The relying party of companies' own identity providers.
    pub fn federation(&self) -> &Arc<Federation> {
        &self.federation
    }

    /// The address that tokens name as their issuer and their audience.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The handlers.
    pub fn router(self: &Arc<Self>) -> Router {
        endpoints::router(self)
    }
}
