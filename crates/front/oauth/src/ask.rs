//! An authorization request (RFC 6749, 4.1.1; OpenID Connect Core, 3.1.2.1), read and kept while a person decides.

use kontor_model::{Id, Kind, Result};
use kontor_store::system::oauth::OAUTH_REQUEST;
use serde::{Deserialize, Serialize};

use crate::clients::{Client, metadata};
use crate::db::{self, Committed};
use crate::error::OAuthError;
use crate::form::Form;
use crate::jose::base64;
use crate::scope::Scope;
use crate::{OAuth, pkce, random, redirect};

const LONGEST: usize = 2_048;

/// A request that is in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    pub redirect_uri: String,
    pub scope: String,
    pub state: Option<String>,
    pub nonce: Option<String>,
    pub challenge: String,
    /// The key that the code is bound to (RFC 9449, 10).
    pub jkt: Option<String>,
    pub prompt: Vec<String>,
    /// Seconds.
    pub max_age: Option<i64>,
    pub login_hint: Option<String>,
    /// Unix milliseconds.
    pub asked_at: i64,
}

impl Ask {
    pub fn scope(&self) -> Scope {
        Scope::stored(&self.scope)
    }

    pub fn prompts(&self, what: &str) -> bool {
        self.prompt.iter().any(|prompt| prompt == what)
    }
}

/// Where the answer goes. An error about it is shown to the person and sent nowhere.
///
/// # Errors
/// invalid_request.
pub fn redirect_uri(form: &Form, client: &Client) -> Result<String, OAuthError> {
    let given = form.need("redirect_uri")?;
    let known = client.metadata.redirect_uris.iter().any(|known| redirect::matches(known, given));
    if known {
        Ok(given.to_owned())
    } else {
        Err(OAuthError::invalid_request("redirect_uri is not one that the client has registered"))
    }
}

/// `resource` names this installation (RFC 8707).
///
/// # Errors
/// invalid_target.
pub fn resource(form: &Form, issuer: &str) -> Result<(), OAuthError> {
    match form.get("resource").or_else(|| form.get("audience")) {
        Some(resource) if resource.trim_end_matches('/') != issuer => {
            Err(OAuthError::new("invalid_target", format!("the resource here is {issuer}")))
        }
        _ => Ok(()),
    }
}

/// The scope that a client may have of what it asks for.
///
/// # Errors
/// invalid_scope.
pub fn scope(form: &Form, client: &Client) -> Result<Scope, OAuthError> {
    let widest = client.metadata.scope();
    let asked = match form.get("scope") {
        Some(text) => {
            Scope::parse(text).map_err(|name| OAuthError::invalid_scope(format!("the scope {name} is not known")))?
        }
        None if !widest.is_empty() => widest.clone(),
        None => Scope::stored("crm:read"),
    };
    if asked.is_empty() {
        return Err(OAuthError::invalid_scope("the scope is empty"));
    }
    if !client.source.is_vouched_for()
        && let Some(name) = asked.reserved()
    {
        return Err(OAuthError::invalid_scope(format!(
            "the scope {name} is only for clients that an administrator has made"
        )));
    }
    if !widest.is_empty() && !asked.is_within(&widest) {
        return Err(OAuthError::invalid_scope(format!("the client may ask for: {widest}")));
    }
    Ok(asked)
}

/// Reads a request of a client that is known, to an address that is its own.
///
/// # Errors
/// The errors of RFC 6749, 4.1.2.1 and OpenID Connect Core, 3.1.2.6.
pub fn read(form: &Form, client: &Client, redirect_uri: String, issuer: &str, now: i64) -> Result<Ask, OAuthError> {
    for (name, code) in [("request", "request_not_supported"), ("registration", "registration_not_supported")] {
        if form.get(name).is_some() {
            return Err(OAuthError::new(code, format!("{name} is not supported")));
        }
    }
    if !client.metadata.grants(metadata::CODE) {
        return Err(OAuthError::new("unauthorized_client", "the client does not use authorization codes"));
    }
    if form.need("response_type")? != "code" {
        return Err(OAuthError::new("unsupported_response_type", "the only response type is code"));
    }
    if form.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err(OAuthError::invalid_request("the only response mode is query"));
    }
    let challenge = form.get("code_challenge").filter(|challenge| pkce::is_challenge(challenge));
    let challenge = challenge
        .ok_or_else(|| OAuthError::invalid_request("PKCE is needed: code_challenge is missing or not an S256 one"))?;
    if form.get("code_challenge_method") != Some("S256") {
        return Err(OAuthError::invalid_request("code_challenge_method is S256"));
    }
    resource(form, issuer)?;
    let scope = scope(form, client)?;
    let prompt: Vec<String> = form.get("prompt").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    if prompt.iter().any(|p| !matches!(p.as_str(), "none" | "login" | "consent" | "select_account"))
        || (prompt.len() > 1 && prompt.iter().any(|p| p == "none"))
    {
        return Err(OAuthError::invalid_request("prompt is none, or some of login, consent, select_account"));
    }
    let max_age = form.get("max_age").map(|text| text.parse::<u32>().map(i64::from)).transpose();
    let jkt = form.get("dpop_jkt");
    if jkt.is_some_and(|jkt| base64::decode(jkt).is_none_or(|bytes| bytes.len() != 32)) {
        return Err(OAuthError::invalid_request("dpop_jkt is not a thumbprint of SHA-256"));
    }
    let short = |name: &str| match form.get(name) {
        Some(text) if text.len() > LONGEST => {
            Err(OAuthError::invalid_request(format!("{name} has more than {LONGEST} characters")))
        }
        text => Ok(text.map(str::to_owned)),
    };
    Ok(Ask {
        redirect_uri,
        scope: scope.to_string(),
        state: short("state")?,
        nonce: short("nonce")?,
        challenge: challenge.to_owned(),
        jkt: jkt.map(str::to_owned),
        prompt,
        max_age: max_age.map_err(|_| OAuthError::invalid_request("max_age is a number of seconds"))?,
        login_hint: short("login_hint")?,
        asked_at: now,
    })
}

/// Where a kept request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Pushed by the client (RFC 9126).
    Pushed,
    /// Waiting for a person.
    Waiting,
}

impl Kept {
    const fn name(self) -> &'static str {
        match self {
            Kept::Pushed => "pushed",
            Kept::Waiting => "waiting",
        }
    }

    /// Milliseconds that it is kept.
    pub const fn lifetime(self) -> i64 {
        match self {
            Kept::Pushed => 60_000,
            Kept::Waiting => 600_000,
        }
    }
}

const COLUMNS: &[(&str, Kind)] =
    &[("client", Kind::Int), ("params", Kind::Json), ("state", Kind::Int), ("expires_at", Kind::Int)];

impl OAuth {
    /// Keeps a request; its handle is known to who asked only.
    ///
    /// # Errors
    /// The database's.
    pub async fn keep(&self, kept: Kept, client: Id, ask: &Ask) -> Result<String> {
        let handle = random::token("")?;
        let params = serde_json::to_value(ask).map_err(kontor_model::Error::internal)?;
        let mut batch = db::batch();
        batch.writes.push(db::insert(
            OAUTH_REQUEST,
            vec![
                db::text("hash", &random::hash(&handle)),
                db::text("kind", kept.name()),
                db::int("client", client.0),
                db::json("params", &params),
                db::int("state", 0),
                db::int("expires_at", self.clock.now_ms() + kept.lifetime()),
            ],
        ));
        db::commit(&*self.store, batch).await?;
        Ok(handle)
    }

    /// A kept request that was not used up, with its client.
    ///
    /// # Errors
    /// The database's.
    pub async fn kept(&self, kept: Kept, handle: &str) -> Result<Option<(Client, Ask)>> {
        let key = vec![db::text("hash", &random::hash(handle)), db::text("kind", kept.name()), db::int("state", 0)];
        let Some(row) = db::one(&*self.store, OAUTH_REQUEST, COLUMNS, key).await? else { return Ok(None) };
        if row.int("expires_at") <= self.clock.now_ms() {
            return Ok(None);
        }
        let Ok(ask) = serde_json::from_value::<Ask>(row.json("params")) else { return Ok(None) };
        let client = self.clients.get(Id(row.int("client"))).await?.filter(|client| !client.revoked);
        Ok(client.map(|client| (client, ask)))
    }

    /// The write that uses a request up; a guard of its batch.
    pub fn used_up(&self, handle: &str) -> kontor_store::Write {
        let unused = vec![db::text("hash", &random::hash(handle)), db::int("state", 0)];
        db::update(OAUTH_REQUEST, unused, vec![db::int("state", 1)])
    }

    /// Uses a request up; whether it was this call that did.
    ///
    /// # Errors
    /// The database's.
    pub async fn use_up(&self, handle: &str) -> Result<bool> {
        let mut batch = db::batch();
        batch.writes.push(self.used_up(handle));
        Ok(db::commit(&*self.store, batch).await? == Committed::Done)
    }
}
