//! Making tokens: access tokens by RFC 9068, ID tokens by OpenID Connect Core, 2.

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, PRAGMA};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use kontor_model::Result;
use serde_json::{Value as J, json};

use crate::clients::Client;
use crate::grants::Grant;
use crate::jose::{Alg, base64};
use crate::scope::Scope;
use crate::{ACCESS_TOKEN_S, OAuth, dpop, random};

/// What a token is made for.
#[derive(Debug, Clone, Copy)]
pub struct Issue<'a> {
    pub client: &'a Client,
    /// None where the client acts for itself.
    pub grant: Option<&'a Grant>,
    pub scope: &'a Scope,
    /// The key that the token is bound to.
    pub jkt: Option<&'a str>,
    pub nonce: Option<&'a str>,
    /// Unix seconds that the token does not outlive.
    pub until: Option<i64>,
}

impl Issue<'_> {
    fn exp(&self, now_s: i64) -> i64 {
        self.until.unwrap_or(i64::MAX).min(now_s + ACCESS_TOKEN_S)
    }
}

/// What the token endpoint answers (RFC 6749, 5.1).
#[derive(Debug, Clone)]
pub struct Issued {
    pub access_token: String,
    /// Seconds.
    pub expires_in: i64,
    pub bound: bool,
    pub scope: Scope,
    pub refresh_token: Option<String>,
    pub id_token: Option<String>,
    /// RFC 8693, 2.2.1.
    pub issued_token_type: Option<&'static str>,
}

impl OAuth {
    /// An access token, and an ID token when `openid` was agreed to.
    ///
    /// # Errors
    /// The database's.
    pub async fn issue(&self, issue: Issue<'_>, refresh_token: Option<String>) -> Result<Issued> {
        let now = self.clock.now_ms() / 1_000;
        let access_token = self.access_token(issue, now).await?;
        let id_token = match issue.grant {
            Some(grant) if issue.scope.has("openid") => Some(self.id_token(issue, grant, &access_token).await?),
            _ => None,
        };
        Ok(Issued {
            access_token,
            expires_in: issue.exp(now) - now,
            bound: issue.jkt.is_some(),
            scope: issue.scope.clone(),
            refresh_token,
            id_token,
            issued_token_type: None,
        })
    }

    async fn access_token(&self, issue: Issue<'_>, now: i64) -> Result<String> {
        let mut claims = json!({
            "iss": &*self.issuer, "aud": &*self.issuer, "client_id": issue.client.client_id, "iat": now, "exp": issue.exp(now),
            "jti": base64::encode(&random::bytes::<16>()?), "scope": issue.scope.to_string(),
        });
        let mut put = |name: &str, value: J| {
            if let Some(claims) = claims.as_object_mut() {
                claims.insert(name.to_owned(), value);
            }
        };
        match issue.grant {
            Some(grant) => {
                put("sub", json!(grant.user.to_string()));
                put("space", json!(grant.space.to_string()));
                put("grant_id", json!(grant.id.to_string()));
                put("auth_time", json!(grant.auth_time / 1_000));
                if let Some(actor) = grant.actor {
                    put("act", json!({"sub": actor.to_string()}));
                }
            }
            None => {
                put("sub", json!(issue.client.client_id));
                put("space", json!(issue.client.space.to_string()));
            }
        }
        if let Some(jkt) = issue.jkt {
            put("cnf", json!({"jkt": jkt}));
        }
        let key = self.ring.signer(Alg::EdDsa).await?;
        key.sign("at+jwt", &claims)
    }

    async fn id_token(&self, issue: Issue<'_>, grant: &Grant, access_token: &str) -> Result<String> {
        let now = self.clock.now_ms() / 1_000;
        let alg = issue.client.metadata.id_token_alg();
        let mut claims = json!({
            "iss": &*self.issuer, "aud": issue.client.client_id, "sub": grant.user.to_string(), "iat": now, "exp": now + ACCESS_TOKEN_S,
            "auth_time": grant.auth_time / 1_000, "at_hash": at_hash(alg, access_token),
        });
        let profile = self.profile(grant, issue.scope).await?;
        if let Some(claims) = claims.as_object_mut() {
            if !grant.amr.is_empty() {
                claims.insert("amr".into(), json!(grant.amr));
            }
            if let Some(nonce) = issue.nonce {
                claims.insert("nonce".into(), json!(nonce));
            }
            if let J::Object(profile) = profile {
                claims.extend(profile);
            }
        }
        let key = self.ring.signer(alg).await?;
        key.sign("JWT", &claims)
    }

    async fn profile(&self, grant: &Grant, scope: &Scope) -> Result<J> {
        let person = self.people.person(grant.space, grant.user).await?;
        Ok(person.map(|person| person.claims(scope)).unwrap_or_default())
    }

    /// The answer; a nonce for the next proof goes with a bound token.
    ///
    /// # Errors
    /// The library's.
    pub fn answer(&self, issued: Issued) -> Result<Response<Body>> {
        let mut body = json!({
            "access_token": issued.access_token, "token_type": if issued.bound { "DPoP" } else { "Bearer" },
            "expires_in": issued.expires_in, "scope": issued.scope.to_string(),
        });
        let more = [
            ("refresh_token", issued.refresh_token.as_deref()),
            ("id_token", issued.id_token.as_deref()),
            ("issued_token_type", issued.issued_token_type),
        ];
        if let Some(body) = body.as_object_mut() {
            body.extend(more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))));
        }
        let mut response = answer(200, &body);
        if issued.bound
            && let Ok(nonce) = HeaderValue::try_from(dpop::nonce(&self.vault, self.clock.now_ms() / 1_000)?)
        {
            response.headers_mut().insert(HeaderName::from_static("dpop-nonce"), nonce);
        }
        Ok(response)
    }
}

/// JSON that no cache keeps.
pub fn answer(status: u16, body: &J) -> Response<Body> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut response = kontor_http::reply::json(status, body.to_string().into_bytes());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// The left half of the token's hash, by the hash of the signature (OpenID Connect Core, 3.1.3.6; SHA-512 for Ed25519).
pub fn at_hash(alg: Alg, token: &str) -> String {
    let hash = digest(if alg == Alg::EdDsa { &SHA512 } else { &SHA256 }, token.as_bytes());
    let hash = hash.as_ref();
    base64::encode(hash.get(..hash.len() / 2).unwrap_or_default())
}

impl crate::people::Person {
    /// What the scopes `profile` and `email` tell of a person (OpenID Connect Core, 5.4).
    pub fn claims(&self, scope: &Scope) -> J {
        let mut claims = serde_json::Map::new();
        if scope.has("profile") {
            claims.insert("name".into(), json!(self.name));
            if let Some(locale) = &self.locale {
                claims.insert("locale".into(), json!(locale));
            }
        }
        if let Some(email) = self.email.as_ref().filter(|_| scope.has("email")) {
            claims.insert("email".into(), json!(email));
        }
        J::Object(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_the_standard() {
        // OpenID Connect Core, A.3.
        assert_eq!(at_hash(Alg::Es256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
