//! Step 5: the credential (api.md 2). It is read from headers only (RFC 6750, 2.1).

use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderName, Method, Uri};
use futures::future::BoxFuture;
use kontor_model::{Error, ErrorCode, Result};
use kontor_records::Caller;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const DPOP: &str = "dpop";
const LONGEST: usize = 8_192;
const IN_QUERY: &[&str] = &["access_token", "api_key", "apikey", "x-api-key", "authorization", "token"];

/// A key or token, with the request that it came with: it may be bound to an address or to a proof in a header.
#[derive(Debug, Clone, Copy)]
pub struct Presented<'a> {
    pub token: &'a str,
    pub method: &'a Method,
    pub uri: &'a Uri,
    pub headers: &'a HeaderMap,
    pub peer: Option<SocketAddr>,
}

impl Presented<'_> {
    /// Whether the token came with the scheme of proofs of possession (RFC 9449, 7.1).
    pub fn is_dpop(&self) -> bool {
        let text = self.headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()).unwrap_or_default();
        text.split_once(' ').is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case(DPOP))
    }
}

/// Knows callers by their keys and tokens.
pub trait Authenticate: Send + Sync {
    /// The caller behind a key or token.
    ///
    /// # Errors
    /// 401001 for one that is unknown, malformed or revoked, 401002 for one that has expired.
    fn authenticate<'a>(&'a self, presented: Presented<'a>) -> BoxFuture<'a, Result<Arc<Caller>>>;
}

/// Whether a request carries any.
pub fn is_given(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION) || headers.contains_key(API_KEY)
}

/// The key or token of a request.
///
/// # Errors
/// 401000 when there is none, 401001 for another scheme or one in the query string, 400000 for several.
pub fn token<'a>(headers: &'a HeaderMap, uri: &Uri) -> Result<&'a str> {
    let mut bearers = headers.get_all(AUTHORIZATION).iter();
    let mut keys = headers.get_all(API_KEY).iter();
    let (bearer, key) = (bearers.next(), keys.next());
    if bearers.next().is_some() || keys.next().is_some() {
        return Err(Error::new(ErrorCode::Malformed, "send one credential, not several"));
    }
    let bearer = bearer.map(|value| {
        let text = value.to_str().map_err(|_| bad("the Authorization header is not ASCII"))?;
        let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
        if !scheme.eq_ignore_ascii_case("bearer") && !scheme.eq_ignore_ascii_case(DPOP) {
            return Err(bad(
                "only the schemes Bearer and DPoP are known: Authorization: Bearer with an API key or access token",
            ));
        }
        plain(token.trim_matches(' '))
    });
    let key = key.map(|value| plain(value.to_str().map_err(|_| bad("the X-Api-Key header is not ASCII"))?));
    match (bearer.transpose()?, key.transpose()?) {
        (Some(bearer), Some(key)) if bearer != key => {
            Err(Error::new(ErrorCode::Malformed, "Authorization and X-Api-Key name different credentials; send one"))
        }
        (Some(token), _) | (None, Some(token)) => Ok(token),
        (None, None) if names_credential(uri) => Err(bad(
            "a credential in the query string is never read, and is in logs by now: revoke it, and send the new one as Authorization: Bearer",
        )),
        (None, None) => {
            Err(Error::new(ErrorCode::NoCredential, "send Authorization: Bearer with an API key or access token"))
        }
    }
}

fn plain(token: &str) -> Result<&str> {
    if token.is_empty() || token.len() > LONGEST || !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(bad("the credential is malformed"));
    }
    Ok(token)
}

fn names_credential(uri: &Uri) -> bool {
    uri.query().is_some_and(|query| {
        query.split('&').any(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            IN_QUERY.iter().any(|known| name.eq_ignore_ascii_case(known))
        })
    })
}

fn bad(detail: &str) -> Error {
    Error::new(ErrorCode::BadCredential, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn of(headers: &[(HeaderName, &'static str)], uri: &'static str) -> Result<String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.clone(), HeaderValue::from_static(value));
        }
        token(&map, &Uri::from_static(uri)).map(str::to_owned)
    }

    #[test]
    fn where_credentials_are_read() {
        assert_eq!(of(&[(AUTHORIZATION, "Bearer ak_1")], "/").unwrap(), "ak_1");
        assert_eq!(of(&[(AUTHORIZATION, "bearer  ak_1")], "/").unwrap(), "ak_1");
        assert_eq!(of(&[(API_KEY, "ak_1")], "/").unwrap(), "ak_1");
        assert_eq!(of(&[(AUTHORIZATION, "DPoP a.b.c")], "/").unwrap(), "a.b.c");
        assert_eq!(of(&[(API_KEY, "ak_1"), (AUTHORIZATION, "Bearer ak_1")], "/").unwrap(), "ak_1");
        let code = |headers: &[(HeaderName, &'static str)], uri| of(headers, uri).unwrap_err().code();
        assert_eq!(code(&[], "/"), ErrorCode::NoCredential);
        assert_eq!(code(&[], "/?limit=1&Access_Token=ak_1"), ErrorCode::BadCredential);
        assert_eq!(code(&[(AUTHORIZATION, "Basic YTpi")], "/"), ErrorCode::BadCredential);
        assert_eq!(code(&[(AUTHORIZATION, "Bearer")], "/"), ErrorCode::BadCredential);
        assert_eq!(code(&[(AUTHORIZATION, "Bearer a b")], "/"), ErrorCode::BadCredential);
        assert_eq!(code(&[(API_KEY, "a"), (AUTHORIZATION, "Bearer b")], "/"), ErrorCode::Malformed);
        assert_eq!(code(&[(AUTHORIZATION, "Bearer a"), (AUTHORIZATION, "Bearer a")], "/"), ErrorCode::Malformed);
    }
}
