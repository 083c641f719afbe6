//! How a client shows that it is itself (RFC 6749, 2.3; RFC 7523, 2.2; OpenID Connect Core, 9).

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine;
use serde_json::Value as J;
use url::form_urlencoded;

use super::{AuthMethod, Client};
use crate::db;
use crate::error::OAuthError;
use crate::form::Form;
use crate::jose::Jws;
use crate::{OAuth, random};

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far ahead an assertion may expire: its id is remembered that long.
const LONGEST_S: i64 = 600;
const SKEW_S: i64 = 60;

/// What a request shows.
enum Shown {
    Nothing,
    Secret(String),
    Assertion(String),
}

impl OAuth {
    /// The client of a request, which has shown that it is itself; a public one has only said so.
    ///
    /// # Errors
    /// invalid_request for several ways at once, invalid_client for a wrong one; 429 after too many wrong secrets.
    pub async fn client(&self, headers: &HeaderMap, form: &Form, peer: &str) -> Result<Client, OAuthError> {
        let (client_id, shown) = read(headers, form)?;
        let unknown = || OAuthError::invalid_client("the client is unknown, or did not show that it is itself");
        let attempts = format!("client {client_id} {peer}");
        let spent =
            || OAuthError { status: 429, ..OAuthError::new("invalid_client", "too many wrong secrets; wait a minute") };
        if self.attempts.are_spent(&attempts, self.clock.now_ms()) {
            return Err(spent());
        }
        let client = self.clients.find(&client_id).await?.ok_or_else(unknown)?;
        let good = match (shown, client.auth_method) {
            (Shown::Nothing, AuthMethod::None) => true,
            (Shown::Secret(secret), AuthMethod::Basic | AuthMethod::Post) => {
                client.secret_hash.as_deref().is_some_and(|hash| random::same(hash, &random::hash(&secret)))
            }
            (Shown::Assertion(assertion), AuthMethod::PrivateKeyJwt) => self.asserted(&client, &assertion).await?,
            _ => false,
        };
        // Of guesses that came in together, those behind the last that is taken learn nothing, not even that they are
        // right.
        let now = self.clock.now_ms();
        match good {
            true if self.attempts.are_spent(&attempts, now) => Err(spent()),
            true => Ok(client),
            false if self.attempts.count(&attempts, now) => Err(unknown()),
            false => Err(spent()),
        }
    }

    async fn asserted(&self, client: &Client, assertion: &str) -> Result<bool, OAuthError> {
        let Some(jws) = Jws::parse(assertion) else { return Ok(false) };
        let keys = self.clients.keys(client).await;
        let Some(claims) = keys.iter().find_map(|key| jws.verified(key)) else { return Ok(false) };
        let text = |name: &str| claims.get(name).and_then(J::as_str);
        let own = text("iss") == Some(&client.client_id) && text("sub") == Some(&client.client_id);
        let token_endpoint = format!("{}/oauth/token", self.issuer);
        let ours = |audience: &str| audience == &*self.issuer || audience == token_endpoint;
        let for_us = match claims.get("aud") {
            Some(J::String(audience)) => ours(audience),
            Some(J::Array(all)) => all.len() == 1 && all.iter().all(|audience| audience.as_str().is_some_and(ours)),
            _ => false,
        };
        let now = self.clock.now_ms() / 1_000;
        let number = |name: &str| claims.get(name).and_then(J::as_i64);
        let alive = number("exp").is_some_and(|exp| exp > now && exp <= now + LONGEST_S)
            && number("nbf").is_none_or(|nbf| nbf <= now + SKEW_S)
            && number("iat").is_none_or(|iat| iat <= now + SKEW_S);
        let Some(jti) = text("jti").filter(|jti| (1..=255).contains(&jti.len())) else { return Ok(false) };
        if !own || !for_us || !alive {
            return Ok(false);
        }
        let what = format!("assertion {} {jti}", client.id);
        Ok(db::first_time(&*self.store, &what, self.clock.now_ms() + LONGEST_S * 1_000).await?)
    }
}

fn read(headers: &HeaderMap, form: &Form) -> Result<(String, Shown), OAuthError> {
    let in_form = form.get("client_id");
    let secret = form.get("client_secret");
    let assertion = form.get("client_assertion");
    let basic = headers.get_all(AUTHORIZATION).iter().count();
    if basic + usize::from(secret.is_some()) + usize::from(assertion.is_some()) > 1 {
        return Err(OAuthError::invalid_request("a client authenticates in one way, not in several"));
    }
    if let Some(header) = headers.get(AUTHORIZATION) {
        let (id, secret) = header.to_str().ok().and_then(basic_credentials).ok_or_else(|| {
            OAuthError::invalid_client("the Authorization header is not Basic with client_id and client_secret")
        })?;
        if in_form.is_some_and(|given| given != id) {
            return Err(OAuthError::invalid_request("client_id is not that of the Authorization header"));
        }
        return Ok((id, Shown::Secret(secret)));
    }
    if let Some(assertion) = assertion {
        if form.get("client_assertion_type") != Some(ASSERTION) {
            return Err(OAuthError::invalid_request(format!("client_assertion_type is {ASSERTION}")));
        }
        let said = Jws::parse(assertion).and_then(|jws| jws.unverified()?.get("sub")?.as_str().map(str::to_owned));
        let id = said.ok_or_else(|| OAuthError::invalid_client("the assertion is not a JWT that is known here"))?;
        if in_form.is_some_and(|given| given != id) {
            return Err(OAuthError::invalid_request("client_id is not that of the assertion"));
        }
        return Ok((id, Shown::Assertion(assertion.to_owned())));
    }
    let id = in_form.ok_or_else(|| OAuthError::invalid_client("the client does not say who it is"))?.to_owned();
    Ok((id, secret.map_or(Shown::Nothing, |secret| Shown::Secret(secret.to_owned()))))
}

/// Name and secret are form-encoded before they are joined (RFC 6749, 2.3.1).
fn basic_credentials(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let joined = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let joined = String::from_utf8(joined).ok()?;
    let (id, secret) = joined.split_once(':')?;
    let decode =
        |text: &str| form_urlencoded::parse(format!("v={text}").as_bytes()).next().map(|(_, v)| v.into_owned());
    Some((decode(&id.replace('&', "%26"))?, decode(&secret.replace('&', "%26"))?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn basic_is_form_encoded() {
        // "a b:c%+d" encoded as "a+b:c%25%2Bd".
        assert_eq!(basic_credentials("Basic YStiOmMlMjUlMkJk"), Some(("a b".into(), "c%+d".into())));
        assert_eq!(basic_credentials("Bearer YStiOmMlMjUlMkJk"), None);
        assert_eq!(basic_credentials("Basic !"), None);
    }

    #[test]
    fn one_way_at_a_time() {
        let mut headers = HeaderMap::new();
        let form = |text: &str| Form::parse(text.as_bytes()).unwrap();
        assert!(matches!(read(&headers, &form("client_id=a")), Ok((id, Shown::Nothing)) if id == "a"));
        assert_eq!(read(&headers, &form("x=1")).err().unwrap().code, "invalid_client");
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Basic YTpi"));
        assert!(matches!(read(&headers, &form("client_id=a")), Ok((id, Shown::Secret(_))) if id == "a"));
        assert_eq!(read(&headers, &form("client_id=b")).err().unwrap().code, "invalid_request");
        assert_eq!(read(&headers, &form("client_secret=b")).err().unwrap().code, "invalid_request");
    }
}
