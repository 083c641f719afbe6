//! What callers of [`super::Accounts`] say and hear.

use std::net::IpAddr;

use kontor_model::{Id, SpaceId};

/// Where a request came from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    pub ip: Option<IpAddr>,
    pub user_agent: &'a str,
}

/// What a password alone leads to.
#[derive(Debug, Clone)]
pub enum SignIn {
    Done(NewSession),
    /// The ticket works for five minutes, for one success and few failures.
    SecondFactor {
        ticket: String,
        methods: Vec<Factor>,
    },
}

/// A second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    /// WebAuthn.
    Passkey,
    /// RFC 6238.
    Totp,
    /// One of the codes that were handed out when the second factor was set up.
    RecoveryCode,
}

impl Factor {
    pub const fn name(self) -> &'static str {
        match self {
            Factor::Passkey => "passkey",
            Factor::Totp => "totp",
            Factor::RecoveryCode => "recovery_code",
        }
    }
}

/// A session with the only sight of its token.
#[derive(Clone)]
pub struct NewSession {
    /// `ks_` + base62 + checksum; only its hash is stored.
    pub token: String,
    pub session: Session,
}

impl std::fmt::Debug for NewSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewSession").field("session", &self.session).finish_non_exhaustive()
    }
}

/// A stay after signing in, on one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: Id,
    /// The space that it works in.
    pub space: SpaceId,
    /// Who its holder is in that space.
    pub user: Id,
    /// The login.
    pub account: Id,
    /// The name of the user's role.
    pub role: String,
    /// Unix milliseconds, as the following.
    pub created_at: i64,
    /// When the holder last proved who they are.
    pub auth_time: i64,
    pub last_seen_at: i64,
    pub expires_at: i64,
    /// RFC 8176: pwd, otp, pop, user, mfa; of a provider what it says.
    pub amr: Vec<String>,
    /// The company's own provider that signed the person in; None for a password.
    pub provider: Option<Id>,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
}

/// A link that lets someone in once.
#[derive(Clone)]
pub struct Invitation {
    /// Shown once; only its hash is stored.
    pub token: String,
    pub email: String,
    /// Unix milliseconds.
    pub expires_at: i64,
    /// Whether the person has a password here already, which then accepts the invitation.
    pub known: bool,
    /// The mail that carries it, where there is one.
    pub mailed: Option<super::Mailed>,
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invitation").field("email", &self.email).finish_non_exhaustive()
    }
}

/// A space that a login may enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub space: SpaceId,
    pub user: Id,
    pub role: String,
}

/// A person as their records have them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    pub name: String,
    pub email: Option<String>,
    pub active: bool,
}

/// What sets up an authenticator app; shown once.
#[derive(Clone)]
pub struct TotpSetup {
    /// Base32.
    pub secret: String,
    /// `otpauth://totp/…`, for a QR code.
    pub uri: String,
}

impl std::fmt::Debug for TotpSetup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TotpSetup").finish_non_exhaustive()
    }
}
