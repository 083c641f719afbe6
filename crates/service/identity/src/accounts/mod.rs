//! People's logins (NIST SP 800-63B, OWASP ASVS 5.0 V6 and V7): passwords, second factors, sessions, invitations.
//!
//! A login belongs to a person and the whole installation: one e-mail address, one password. A membership says which
//! user of which space the person is. What is kept of a secret is a hash; the secret of an authenticator app, which has
//! to be read again, is sealed by the [`crate::vault`].

mod account;
mod email;
mod external;
mod factors;
mod forget;
mod hashing;
mod invite;
mod mail;
mod members;
mod passkeys;
mod password;
mod recovery;
pub(crate) mod rows;
mod sessions;
mod sign_in;
mod sweep;
mod throttle;
mod tickets;
mod totp;
mod types;
mod users;

use std::sync::Arc;

use kontor_catalog::Catalogs;
use kontor_model::{Clock, IdGenerator};
use kontor_outbox::Outbox;
use kontor_records::Records;
use kontor_store::Store;

use crate::callers::Callers;
use crate::roles::Roles;
use crate::vault::Vault;

pub use external::Identity;
pub use mail::Mailed;
pub use passkeys::{Added, Asked, Passkey, Passkeys};
pub use types::{Factor, Invitation, Membership, NewSession, Origin, Person, Session, SignIn, TotpSetup};

/// What [`Accounts`] are made of.
pub struct Parts {
    pub store: Arc<dyn Store>,
    pub catalogs: Arc<Catalogs>,
    pub records: Arc<Records>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<IdGenerator>,
    pub callers: Arc<Callers>,
    pub roles: Arc<Roles>,
    pub vault: Arc<Vault>,
    /// Where mails about logins go.
    pub outbox: Arc<Outbox>,
    /// Whether failed attempts are also counted by address; those against one login always are.
    pub limits: bool,
}

/// Signs people in and keeps what that needs. Shared by all requests.
pub struct Accounts {
    parts: Parts,
    hashing: hashing::Hashing,
    throttle: throttle::Throttle,
    believed: sessions::Believed,
}

impl Accounts {
    pub fn new(parts: Parts) -> Self {
        let throttle = throttle::Throttle::new(parts.store.clone(), parts.clock.clone(), parts.limits);
        Self { parts, hashing: hashing::Hashing::default(), throttle, believed: sessions::Believed::default() }
    }

    fn now(&self) -> i64 {
        self.parts.clock.now_ms()
    }
}
