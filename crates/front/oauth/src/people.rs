//! People: what this server needs to know of accounts. The binary brings the accounts.

use std::net::IpAddr;

use futures::future::BoxFuture;
use kontor_identity::accounts::Identity;
use kontor_identity::providers::Provider;
use kontor_model::{Id, Result, SpaceId};

/// Where a request came from; for throttles and the person's list of sessions.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    pub ip: Option<IpAddr>,
    pub user_agent: Option<String>,
}

/// A person signed in with a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: Id,
    pub space: SpaceId,
    pub user: Id,
    /// When the person last showed who they are; Unix milliseconds.
    pub auth_time: i64,
    /// How (RFC 8176): `pwd`, `otp`, …
    pub amr: Vec<String>,
}

/// A session with the token that goes into the cookie.
#[derive(Debug, Clone)]
pub struct NewSession {
    pub token: String,
    pub session: Session,
}

/// What came of e-mail and password.
#[derive(Debug, Clone)]
pub enum SignIn {
    Done(NewSession),
    /// The ticket stands for the password in the next step.
    SecondFactor {
        ticket: String,
        methods: Vec<String>,
    },
}

/// A user as tokens tell of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub email: Option<String>,
    /// Whether the user may act at all; of one who may not, no token is good.
    pub active: bool,
    pub role: String,
    pub locale: Option<String>,
}

/// Accounts and sessions.
pub trait People: Send + Sync {
    /// # Errors
    /// 401001 for a wrong e-mail or password, 429000 after too many tries; the database's.
    fn sign_in<'a>(&'a self, email: &'a str, password: &'a str, origin: Origin) -> BoxFuture<'a, Result<SignIn>>;

    /// # Errors
    /// 401001 for a wrong code or an expired ticket, 429000 after too many tries; the database's.
    fn second_factor<'a>(&'a self, ticket: &'a str, code: &'a str, origin: Origin)
    -> BoxFuture<'a, Result<NewSession>>;

    /// Whether whoever redeems this token says an e-mail address, too: the first owner, whom nobody has invited. Not where
    /// the token is no good.
    ///
    /// # Errors
    /// The database's.
    fn asks_address<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<bool>>;

    /// Sets a password with the token of an invitation or of a forgotten password. The first owner says an e-mail
    /// address, too.
    ///
    /// # Errors
    /// 401001 for a token that is no good, 400001 for a password that is none or an `email` that is missing; the
    /// database's.
    fn redeem<'a>(
        &'a self,
        token: &'a str,
        email: Option<&'a str>,
        password: &'a str,
        origin: Origin,
    ) -> BoxFuture<'a, Result<SignIn>>;

    /// Begins a session for somebody whom a company's own provider has signed in.
    ///
    /// # Errors
    /// 403000, with a sentence for the person, when they may not come in; the database's.
    fn enter<'a>(
        &'a self,
        provider: &'a Provider,
        who: &'a Identity,
        origin: Origin,
        request_id: &'a str,
    ) -> BoxFuture<'a, Result<NewSession>>;

    /// The session behind a cookie, while it lasts.
    ///
    /// # Errors
    /// The database's.
    fn session<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<Session>>>;

    /// Ends a session; one that is not there is ended already.
    ///
    /// # Errors
    /// The database's.
    fn sign_out<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<()>>;

    /// A user as of now.
    ///
    /// # Errors
    /// The database's.
    fn person(&self, space: SpaceId, user: Id) -> BoxFuture<'_, Result<Option<Person>>>;
}
