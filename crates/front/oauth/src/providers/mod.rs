//! Signing in through a company's own provider (OpenID Connect Core 1.0; RFC 6749, 7636, 9207; RFC 8725 for tokens):
//! this server is the relying party. Authorization code with PKCE, `state` and `nonce`; the provider is called through
//! the egress guard.

mod attempt;
mod claims;
mod discovery;
mod exchange;
mod flow;
mod id_token;
mod key_set;
mod probe;

use std::sync::Arc;

use kontor_egress::Egress;
use kontor_identity::providers::{Provider, Providers};
use kontor_model::{Clock, Id, Result};
use kontor_store::Store;
use quick_cache::sync::Cache;
use url::Url;

use crate::attempts::Attempts;
use crate::keys::seal::Vault;

pub use attempt::Carried;
pub use flow::{Came, Start};
pub use probe::Check;

use discovery::Discovered;
use key_set::KeySet;

/// How long a provider's metadata and keys are believed.
const METADATA_MS: i64 = 3_600_000;
const KEYS_MS: i64 = 300_000;
/// The largest metadata, key sets and answers that are read, in bytes.
const LARGEST: usize = 256 << 10;

/// Why somebody was not signed in: a sentence for the person and for the log, nothing secret in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken(pub String);

impl From<&str> for Broken {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Broken {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// The relying party.
pub struct Federation {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    providers: Arc<Providers>,
    egress: Arc<Egress>,
    vault: Arc<Vault>,
    /// This installation's address, without a slash at the end.
    issuer: Arc<str>,
    metadata: Cache<Id, (i64, String, Arc<Discovered>)>,
    keys: Cache<String, (i64, Arc<KeySet>)>,
    /// Calls for metadata and keys, by provider: nobody makes this server call more often.
    calls: Attempts,
    /// Calls for keys that a token names and nobody knows.
    strange_keys: Attempts,
}

impl Federation {
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        providers: Arc<Providers>,
        egress: Arc<Egress>,
        vault: Arc<Vault>,
        issuer: Arc<str>,
    ) -> Self {
        Self {
            store,
            clock,
            providers,
            egress,
            vault,
            issuer,
            metadata: Cache::new(256),
            keys: Cache::new(256),
            calls: Attempts::new(60, 60_000),
            strange_keys: Attempts::new(4, 60_000),
        }
    }

    /// The providers as they are kept.
    pub fn kept(&self) -> &Providers {
        &self.providers
    }

    /// Where a provider sends people back to; to be registered there.
    pub fn redirect_uri(&self, provider: Id) -> String {
        format!("{}/oauth/providers/{provider}/callback", self.issuer)
    }

    /// Whether an issuer may be called: https, or an address within `egress_allow`; without query and fragment
    /// (OpenID Connect Discovery, 3).
    pub fn may_call(&self, issuer: &str) -> bool {
        let plain = issuer.len() <= 1_000 && !issuer.contains(['?', '#', '\\']) && !issuer.ends_with('/');
        plain && issuer.trim() == issuer && Url::parse(issuer).is_ok_and(|url| self.egress.check(&url).is_ok())
    }

    /// The provider of this id, when people may use it now.
    ///
    /// # Errors
    /// The database's.
    pub async fn usable(&self, id: &str) -> Result<Option<Provider>> {
        let Ok(id) = id.parse::<Id>() else { return Ok(None) };
        Ok(self.providers.find(id).await?.filter(|provider| provider.is_enabled))
    }
}
