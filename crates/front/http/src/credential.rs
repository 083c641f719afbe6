//! Step 5: the credential (api.md 2). It is read from headers only (RFC 6750, 2.1); a browser's session comes as a cookie.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::{HeaderMap, HeaderName, Method, Uri};
use futures::future::BoxFuture;
use kontor_model::{Error, ErrorCode, Result};
use kontor_records::Caller;

use crate::origin;

/// The cookie that carries a session.
pub const SESSION_COOKIE: &str = "kontor_session";
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const DPOP: &str = "dpop";
const LONGEST: usize = 8_192;
const IN_QUERY: &[&str] = &["access_token", "api_key", "apikey", "x-api-key", "authorization", "token"];

/// Where a credential was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `Authorization` or `X-Api-Key`.
    Header,
    /// The session's cookie; the request came from our own pages.
    Cookie,
}

/// A key or token, with the request that it came with: it may be bound to an address or to a proof in a header.
#[derive(Debug, Clone, Copy)]
pub struct Presented<'a> {
    pub token: &'a str,
    pub source: Source,
    pub method: &'a Method,
    pub uri: &'a Uri,
    pub headers: &'a HeaderMap,
    pub peer: Option<SocketAddr>,
    /// The client's address: the peer's, or what a trusted proxy says.
    pub client: Option<IpAddr>,
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

    /// The caller behind a key or token as it was last checked, at most `within` ago, when it cannot be checked now, and
    /// how long ago that was; None for one that has expired or was refused since, or whose rights this process has seen
    /// change since. Such a caller is given nothing but what is in the cache.
    fn remembered(&self, presented: Presented<'_>, within: Duration) -> Option<(Arc<Caller>, Duration)>;
}

/// Whether a request carries any.
pub fn is_given(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION) || headers.contains_key(API_KEY)
}

/// The credential of a request: a header's, else the cookie's.
///
/// # Errors
/// As [`token`]; 403000 for a change by cookie that did not come from our own pages.
pub fn of<'a>(headers: &'a HeaderMap, method: &Method, uri: &Uri) -> Result<(&'a str, Source)> {
    if !is_given(headers)
        && let Some(session) = cookie(headers)?
    {
        if !method.is_safe() {
            origin::require_own(headers, uri)?;
        }
        return Ok((session, Source::Cookie));
    }
    Ok((token(headers, uri)?, Source::Header))
}

/// The session's cookie (RFC 6265, 5.4).
fn cookie(headers: &HeaderMap) -> Result<Option<&str>> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut sessions = pairs.filter(|(name, _)| *name == SESSION_COOKIE).map(|(_, value)| value.trim_matches('"'));
    let first = sessions.next().filter(|value| !value.is_empty());
    if sessions.any(|other| Some(other) != first) {
        return Err(Error::new(ErrorCode::Malformed, "send one session, not several"));
    }
    first.map(plain).transpose()
}

/// The key or token of a request's headers.
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

    #[test]
    fn a_cookie_changes_things_from_our_own_pages_only() {
        let ask = |method: &Method, headers: &[(&'static str, &'static str)]| {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            of(&map, method, &Uri::from_static("/v1/me"))
                .map(|(t, source)| (t.to_owned(), source))
                .map_err(|e| e.code())
        };
        let cookie = ("cookie", "a=b; kontor_session=ks_1; c=d");
        let (host, own) = (("host", "crm.example"), ("origin", "https://crm.example"));
        let session = Ok(("ks_1".to_owned(), Source::Cookie));
        assert_eq!(ask(&Method::GET, &[cookie]), session);
        assert_eq!(ask(&Method::POST, &[cookie]), Err(ErrorCode::Forbidden));
        assert_eq!(ask(&Method::POST, &[cookie, host, own]), session);
        assert_eq!(ask(&Method::POST, &[cookie, host, ("origin", "https://evil.example")]), Err(ErrorCode::Forbidden));
        let both = [cookie, ("authorization", "Bearer ak_1")];
        assert_eq!(ask(&Method::POST, &both), Ok(("ak_1".to_owned(), Source::Header)));
        let two = [("cookie", "kontor_session=ks_1"), ("cookie", "kontor_session=ks_2")];
        assert_eq!(ask(&Method::GET, &two), Err(ErrorCode::Malformed));
        assert_eq!(ask(&Method::GET, &[("cookie", "kontor_session=")]), Err(ErrorCode::NoCredential));
    }

    fn read(headers: &[(HeaderName, &'static str)], uri: &'static str) -> Result<String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.clone(), HeaderValue::from_static(value));
        }
        token(&map, &Uri::from_static(uri)).map(str::to_owned)
    }

    #[test]
    fn where_credentials_are_read() {
        assert_eq!(read(&[(AUTHORIZATION, "Bearer ak_1")], "/").unwrap(), "ak_1");
        assert_eq!(read(&[(AUTHORIZATION, "bearer  ak_1")], "/").unwrap(), "ak_1");
        assert_eq!(read(&[(AUTHORIZATION, "DPoP a.b.c")], "/").unwrap(), "a.b.c");
        assert_eq!(read(&[(API_KEY, "ak_1")], "/").unwrap(), "ak_1");
        assert_eq!(read(&[(API_KEY, "ak_1"), (AUTHORIZATION, "Bearer ak_1")], "/").unwrap(), "ak_1");
        let code = |headers: &[(HeaderName, &'static str)], uri| read(headers, uri).unwrap_err().code();
        assert_eq!(code(&[], "/"), ErrorCode::NoCredential);
        assert_eq!(code(&[], "/?limit=1&Access_Token=ak_1"), ErrorCode::BadCredential);
        assert_eq!(code(&[(AUTHORIZATION, "Basic YTpi")], "/"), ErrorCode::BadCredential);
        assert_eq!(code(&[(AUTHORIZATION, "Bearer")], "/"), ErrorCode::BadCredential);
        assert_eq!(code(&[(AUTHORIZATION, "Bearer a b")], "/"), ErrorCode::BadCredential);
        assert_eq!(code(&[(API_KEY, "a"), (AUTHORIZATION, "Bearer b")], "/"), ErrorCode::Malformed);
        assert_eq!(code(&[(AUTHORIZATION, "Bearer a"), (AUTHORIZATION, "Bearer a")], "/"), ErrorCode::Malformed);
    }
}
