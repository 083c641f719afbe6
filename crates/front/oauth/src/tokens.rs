//! Access tokens as credentials: verified once, believed for two seconds at a time (RFC 9068, 4; RFC 8725; RFC 9449, 7).

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use kontor_http::{Authenticate, Presented};
use kontor_identity::callers::{Callers, Holder};
use kontor_model::{Allowance, Clock, Error, ErrorCode, Id, Kind, Result, SpaceId};
use kontor_records::{Caller, Credential, Via};
use kontor_store::Store;
use kontor_store::system::oauth::OAUTH_REVOKED;
use quick_cache::sync::Cache;
use serde_json::{Map, Value as J};

use crate::clients::{Client, Clients};
use crate::dpop::{self, Wanted};
use crate::grants::{self, Grant};
use crate::jose::{Jwk, Jws};
use crate::keys::Ring;
use crate::keys::seal::Vault;
use crate::people::People;
use crate::scope::Scope;
use crate::{db, random};

/// How long a caller is believed without asking the database: what was revoked is dead after that, in every process.
const BELIEVED: Duration = Duration::from_secs(2);
const CACHED: usize = 20_000;
/// Seconds that the clocks of two processes may differ, for `iat` and `nbf`; `exp` is exact.
const SKEW_S: i64 = 60;

/// What a verified token says.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    pub jti: String,
    pub sub: String,
    pub client_id: String,
    pub scope: Scope,
    pub space: SpaceId,
    /// None where the client acts for itself.
    pub grant: Option<Id>,
    /// Unix seconds.
    pub iat: i64,
    pub exp: i64,
    /// The key that it is bound to.
    pub jkt: Option<String>,
    /// Who acts in the subject's name.
    pub actor: Option<String>,
}

/// Why a token is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    Bad,
    Expired,
}

/// Reads the claims of a token whose key is known.
///
/// # Errors
/// Anything but an access token of ours that is alive.
pub fn accept(jws: &Jws<'_>, key: &Jwk, issuer: &str, now_s: i64) -> Result<Verified, Refused> {
    if jws.typ() != "at+jwt" {
        return Err(Refused::Bad);
    }
    let claims = jws.verified(key).ok_or(Refused::Bad)?;
    let (verified, nbf) = claimed(&claims, issuer).ok_or(Refused::Bad)?;
    if verified.iat > now_s + SKEW_S || nbf > now_s + SKEW_S {
        return Err(Refused::Bad);
    }
    if verified.exp <= now_s {
        return Err(Refused::Expired);
    }
    Ok(verified)
}

/// The claims, when all are there and of their types, with `nbf`.
fn claimed(claims: &Map<String, J>, issuer: &str) -> Option<(Verified, i64)> {
    let text = |name: &str| claims.get(name).and_then(J::as_str).map(str::to_owned);
    let number = |name: &str| claims.get(name).and_then(J::as_i64);
    let for_us = match claims.get("aud")? {
        J::String(audience) => audience == issuer,
        J::Array(all) => all.iter().any(|audience| audience.as_str() == Some(issuer)),
        _ => false,
    };
    if text("iss")? != issuer || !for_us {
        return None;
    }
    let nbf = match claims.get("nbf") {
        None => i64::MIN,
        Some(value) => value.as_i64()?,
    };
    let id = |name: &str| match claims.get(name) {
        None => Some(None),
        Some(value) => value.as_str()?.parse::<i64>().ok().map(Some),
    };
    let jkt = match claims.get("cnf") {
        None => None,
        // A binding that is not known here is not one that may be left out.
        Some(cnf) => Some(cnf.get("jkt")?.as_str()?.to_owned()),
    };
    let verified = Verified {
        jti: text("jti")?,
        sub: text("sub")?,
        client_id: text("client_id")?,
        scope: Scope::stored(&text("scope")?),
        space: SpaceId(id("space")??),
        grant: id("grant_id")?.map(Id),
        iat: number("iat")?,
        exp: number("exp")?,
        jkt,
        actor: claims.get("act").and_then(|act| act.get("sub")?.as_str().map(str::to_owned)),
    };
    Some((verified, nbf))
}

/// A token that still stands, with what stands behind it.
#[derive(Debug, Clone)]
pub struct Standing {
    pub client: Client,
    pub grant: Option<Grant>,
    pub role: String,
}

/// Knows callers by access tokens.
pub struct Tokens {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ring: Arc<Ring>,
    clients: Arc<Clients>,
    people: Arc<dyn People>,
    callers: Arc<Callers>,
    vault: Arc<Vault>,
    issuer: Arc<str>,
    verified: Cache<[u8; 32], Arc<Verified>>,
    believed: Cache<[u8; 32], (Instant, Arc<Caller>)>,
}

fn bad(detail: &str) -> Error {
    Error::new(ErrorCode::BadCredential, detail)
}

fn refused(why: Refused) -> Error {
    match why {
        Refused::Bad => bad("the access token is malformed, not ours, or not for this resource"),
        Refused::Expired => Error::new(ErrorCode::ExpiredCredential, "the access token has expired"),
    }
}

impl Tokens {
    #[expect(clippy::too_many_arguments, reason = "called once, where the server is put together")]
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ring: Arc<Ring>,
        clients: Arc<Clients>,
        people: Arc<dyn People>,
        callers: Arc<Callers>,
        vault: Arc<Vault>,
        issuer: Arc<str>,
    ) -> Self {
        let (verified, believed) = (Cache::new(CACHED), Cache::new(CACHED));
        Self { store, clock, ring, clients, people, callers, vault, issuer, verified, believed }
    }

    /// Whether a credential is for this and not an API key.
    pub fn are_like(token: &str) -> bool {
        Jws::looks_like(token)
    }

    /// What the token says, when it is one of ours and alive; whether it was revoked is [`Tokens::standing`]'s.
    ///
    /// # Errors
    /// 401001, 401002; the database's.
    pub async fn verify(&self, token: &str) -> Result<Arc<Verified>> {
        let digest = random::sha256(token);
        let now = self.clock.now_ms() / 1_000;
        if let Some(known) = self.verified.get(&digest) {
            return if known.exp > now { Ok(known) } else { Err(refused(Refused::Expired)) };
        }
        let jws = Jws::parse(token).ok_or_else(|| refused(Refused::Bad))?;
        let kid = jws.kid().ok_or_else(|| refused(Refused::Bad))?;
        let key = self.ring.find(kid).await?.ok_or_else(|| refused(Refused::Bad))?;
        let verified = Arc::new(accept(&jws, &key.public, &self.issuer, now).map_err(refused)?);
        self.verified.insert(digest, verified.clone());
        Ok(verified)
    }

    /// What stands behind a token now: a client, a grant and a user that have not ended.
    ///
    /// # Errors
    /// The database's.
    pub async fn standing(&self, token: &Verified) -> Result<Option<Standing>> {
        let client = self.clients.known(&token.client_id).await?.filter(|c| !c.revoked && c.serves(token.space));
        let Some(client) = client else { return Ok(None) };
        let Some(grant) = token.grant else {
            let hash = vec![db::text("hash", &revoked(token))];
            let gone = db::one(&*self.store, OAUTH_REVOKED, &[("hash", Kind::Text)], hash).await?.is_some();
            let active = match client.user {
                Some(user) => self.people.person(client.space, user).await?.is_some_and(|p| p.active),
                None => true,
            };
            let role = client.role.clone().unwrap_or_default();
            return Ok((active && !gone).then_some(Standing { client, grant: None, role }));
        };
        let grant = grants::living(&*self.store, grant, self.clock.now_ms()).await?;
        let ours = |grant: &Grant| {
            grant.client == client.id && grant.space == token.space && grant.user.to_string() == token.sub
        };
        let Some(grant) = grant.filter(ours) else { return Ok(None) };
        let person = self.people.person(grant.space, grant.user).await?.filter(|p| p.active);
        // Who may act in another's name no longer acts at all.
        if let Some(actor) = grant.actor
            && !self.people.person(grant.space, actor).await?.is_some_and(|p| p.active)
        {
            return Ok(None);
        }
        Ok(person.map(|person| Standing { client, grant: Some(grant), role: person.role }))
    }

    /// Ends a token that has no grant.
    ///
    /// # Errors
    /// The database's.
    pub async fn revoke(&self, token: &Verified) -> Result<()> {
        let mut batch = db::batch();
        let row = vec![db::text("hash", &revoked(token)), db::int("expires_at", token.exp * 1_000)];
        batch.writes.push(db::replace(OAUTH_REVOKED, row));
        db::commit(&*self.store, batch).await?;
        self.forget();
        Ok(())
    }

    /// Asks the database again for every caller.
    pub fn forget(&self) {
        self.believed.clear();
    }

    async fn caller(&self, digest: [u8; 32], token: &Verified) -> Result<Arc<Caller>> {
        if let Some((_, caller)) = self.believed.get(&digest).filter(|(at, _)| at.elapsed() < BELIEVED) {
            return Ok(caller);
        }
        let at = Instant::now();
        let asked = async {
            let ended = || bad("the access token was revoked, or its user may not sign in");
            let standing = self.standing(token).await?.ok_or_else(ended)?;
            self.acting(token, standing).await
        };
        let caller = match asked.await {
            Ok(caller) => Arc::new(caller),
            Err(error) => {
                if error.code().status() < 500 {
                    self.believed.remove(&digest);
                }
                return Err(error);
            }
        };
        self.believed.insert(digest, (at, caller.clone()));
        Ok(caller)
    }

    /// Who acts with a token that still stands: by the role of the membership or the client, as far as the user's own
    /// role and the token's scopes go.
    ///
    /// # Errors
    /// As [`Callers::of`].
    pub async fn acting(&self, token: &Verified, standing: Standing) -> Result<Caller> {
        let scopes = token.scope.names().map(str::to_owned).collect();
        self.standing_for(token.space, standing, scopes).await
    }

    /// As [`Tokens::acting`], for a token that is yet to be given.
    ///
    /// # Errors
    /// As there.
    pub(crate) async fn standing_for(
        &self,
        space: SpaceId,
        standing: Standing,
        scopes: Vec<String>,
    ) -> Result<Caller> {
        let holder = Holder {
            space,
            // Of one agreement: keys of idempotency are not shared between users of a client.
            credential: standing.grant.as_ref().map_or(standing.client.id, |grant| grant.id),
            via: Via {
                credential: Credential::Token,
                client: Some(standing.client.id),
                impersonator: standing.grant.as_ref().and_then(|grant| grant.actor),
                read_only: standing.grant.as_ref().is_some_and(|grant| grant.read_only),
            },
            user: standing.grant.as_ref().map_or(standing.client.user, |grant| Some(grant.user)),
            role: standing.role,
            scopes: Some(scopes),
            allowance: Allowance::default(),
        };
        self.callers.of(holder).await
    }

    /// The key that the request proves to hold (RFC 9449, 7.1).
    async fn proven(&self, presented: &Presented<'_>) -> Result<String> {
        let proof =
            dpop::given(presented.headers).map_err(bad)?.ok_or_else(|| bad("the access token needs a DPoP proof"))?;
        let url = format!("{}{}", self.issuer, presented.uri.path());
        let now_s = self.clock.now_ms() / 1_000;
        let wanted = Wanted { method: presented.method.as_str(), url: &url, token: Some(presented.token), now_s };
        let proof = dpop::check(proof, &wanted).map_err(bad)?;
        if let Some(nonce) = &proof.nonce
            && !dpop::is_nonce(&self.vault, nonce, now_s)?
        {
            return Err(bad("the proof's nonce is not one of ours, or is too old"));
        }
        if !db::first_time(&*self.store, &proof.seen, self.clock.now_ms() + dpop::REMEMBERED_MS).await? {
            return Err(bad("the proof was used before"));
        }
        Ok(proof.jkt)
    }

    async fn known(&self, presented: Presented<'_>) -> Result<Arc<Caller>> {
        let token = self.verify(presented.token).await?;
        match (&token.jkt, presented.is_dpop()) {
            (None, false) => {}
            (Some(jkt), true) => {
                if !random::same(jkt, &self.proven(&presented).await?) {
                    return Err(bad("the access token is bound to another key"));
                }
            }
            (Some(_), false) => {
                return Err(bad("the access token is bound to a key: send Authorization: DPoP with a proof"));
            }
            (None, true) => return Err(bad("the access token is not bound to a key: send Authorization: Bearer")),
        }
        self.caller(random::sha256(presented.token), &token).await
    }
}

impl Authenticate for Tokens {
    fn authenticate<'a>(&'a self, presented: Presented<'a>) -> BoxFuture<'a, Result<Arc<Caller>>> {
        Box::pin(self.known(presented))
    }

    /// A token that is bound to a key is not remembered: whether its proof was used before is the database's to say.
    fn remembered(&self, presented: Presented<'_>, within: Duration) -> Option<(Arc<Caller>, Duration)> {
        let digest = random::sha256(presented.token);
        let token = self.verified.get(&digest)?;
        let (at, caller) = self.believed.get(&digest)?;
        let ago = at.elapsed();
        let lives = token.exp > self.clock.now_ms() / 1_000 && token.jkt.is_none() && !presented.is_dpop();
        (lives && ago < within).then_some((caller, ago))
    }
}

fn revoked(token: &Verified) -> String {
    random::hash(&format!("jti {}", token.jti))
}

#[cfg(test)]
#[path = "forged.rs"]
mod forged;
