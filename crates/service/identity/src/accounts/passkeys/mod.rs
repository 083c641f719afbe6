//! Passkeys (W3C Web Authentication Level 3): a second factor behind the password, and a sign-in of their own.
//!
//! A passkey belongs to a login. What is kept is its public key. Challenges are rows that are gone when they were
//! answered; each is bound to the ceremony, and to the session or browser that asked for it.

mod add;
mod challenges;
mod manage;
mod notes;
mod stored;
mod use_it;

use std::sync::Arc;

use kontor_model::{Error, ErrorCode, Fault, Result};

use super::{Accounts, Origin, Session};
use crate::webauthn::{Refusal, RelyingParty};

pub use add::Added;
pub use stored::Passkey;
pub(super) use stored::{are_there, gone};

/// Passkeys of one login.
pub const MOST: usize = 20;
/// How long a challenge may be answered.
const LASTS_MS: i64 = 5 * 60_000;

/// Makes passkeys and lets in with them. Shared by all requests.
pub struct Passkeys {
    accounts: Arc<Accounts>,
    party: Option<RelyingParty>,
}

/// A request, for the throttle, the session and the audit.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub origin: Origin<'a>,
    pub request_id: &'a str,
}

impl Passkeys {
    /// `address` is the installation's as browsers know it.
    pub fn new(accounts: Arc<Accounts>, address: &str) -> Self {
        Self { accounts, party: RelyingParty::of(address) }
    }

    /// The site that passkeys are made for; None where browsers have none for this address.
    pub fn party(&self) -> Option<&RelyingParty> {
        self.party.as_ref()
    }

    /// The session of a token, as [`Accounts::session`].
    ///
    /// # Errors
    /// The database's.
    pub async fn session(&self, token: &str) -> Result<Option<Session>> {
        self.accounts.session(token).await
    }

    fn site(&self) -> Result<&RelyingParty> {
        self.party.as_ref().ok_or_else(|| {
            Error::new(
                ErrorCode::RuleRefused,
                "browsers have no passkeys for this address: set public_url to an https address with a domain name",
            )
        })
    }
}

/// Why what a page sent is no answer; its text is not repeated.
fn fault(refusal: Refusal) -> Error {
    Fault::new("credential", "webauthn", refusal.text()).into()
}

/// One answer for everything that is wrong with a passkey at the door.
fn wrong() -> Error {
    Error::new(ErrorCode::BadCredential, "the passkey is not known here, or was not accepted; try again")
}

fn conflict() -> Error {
    Error::new(ErrorCode::Conflict, "the login was changed at the same time; try again")
}
