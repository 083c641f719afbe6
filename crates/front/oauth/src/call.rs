//! A request as the endpoints see it.

use axum::body::Body;
use axum::http::header::{COOKIE, HOST, ORIGIN, USER_AGENT};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, Method, Request, Uri};
use bytes::Bytes;
use kontor_http::Admitted;
use kontor_model::{Error, ErrorCode, Result};

use crate::error::OAuthError;
use crate::form::Form;
use crate::people::Origin;

/// One request, its body read by the door.
pub struct Call {
    pub admitted: Admitted,
    pub method: Method,
    pub headers: HeaderMap,
    pub uri: Uri,
    pub body: Bytes,
}

impl Call {
    /// # Errors
    /// 400000 when the body breaks off.
    pub async fn of(request: Request<Body>) -> Result<Self> {
        let (parts, body) = request.into_parts();
        let admitted = Admitted::of(&parts.extensions)?.clone();
        let body = axum::body::to_bytes(body, usize::MAX)
            .await
            .map_err(|e| Error::new(ErrorCode::Malformed, "the body broke off before its end").with_internal(e))?;
        Ok(Self { admitted, method: parts.method, headers: parts.headers, uri: parts.uri, body })
    }

    /// # Errors
    /// As [`Form::parse`].
    pub fn query(&self) -> Result<Form, OAuthError> {
        Form::parse(self.uri.query().unwrap_or_default().as_bytes())
    }

    /// The body; parameters in the query string of such a request are refused (RFC 6749, 2.3.1).
    ///
    /// # Errors
    /// As [`Form::body`].
    pub fn form(&self) -> Result<Form, OAuthError> {
        if self.uri.query().is_some_and(|query| !query.is_empty()) {
            return Err(OAuthError::invalid_request("send parameters in the body, not in the URL"));
        }
        Form::body(&self.headers, &self.body)
    }

    /// The client's address, for throttles.
    pub fn client(&self) -> String {
        self.admitted.client.map(|client| client.to_string()).unwrap_or_default()
    }

    pub fn origin(&self) -> Origin {
        let agent = self.headers.get(USER_AGENT).and_then(|v| v.to_str().ok());
        Origin { ip: self.admitted.client, user_agent: agent.map(|a| a.chars().take(255).collect()) }
    }

    /// A cookie's value.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let all = self.headers.get_all(COOKIE).iter().filter_map(|v| v.to_str().ok());
        let mut pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(known, _)| *known == name).map(|(_, value)| value).filter(|value| !value.is_empty())
    }

    /// Whether a browser says that the request comes from another site's page.
    pub fn is_foreign(&self, issuer: &str) -> bool {
        is_foreign(&self.headers, &self.uri, issuer)
    }
}

fn is_foreign(headers: &HeaderMap, uri: &Uri, issuer: &str) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return !matches!(site, "same-origin" | "none");
    }
    // Older browsers, and pages without TLS, say only the origin. One's own is the address that was asked for, or behind
    // a proxy the issuer's; `null` is what a privacy setting leaves of one's own.
    let own = url::Url::parse(issuer).map(|u| u.origin().ascii_serialization()).unwrap_or_default();
    let asked = text(HOST).or(uri.authority().map(Authority::as_str));
    let is_own =
        |origin: &str| origin == own || origin.split_once("://").is_some_and(|(_, place)| asked == Some(place));
    text(ORIGIN).is_some_and(|origin| origin != "null" && !is_own(origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn another_sites_form_is_foreign() {
        let asked = |pairs: &[(&'static str, &'static str)]| {
            let pairs = pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)));
            is_foreign(&HeaderMap::from_iter(pairs), &Uri::from_static("/sign-in"), "https://crm.example")
        };
        for own in [
            &[][..],
            &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
            &[("origin", "https://crm.example")],
            &[("origin", "http://10.0.0.5:8080"), ("host", "10.0.0.5:8080")],
            &[("origin", "null")],
        ] {
            assert!(!asked(own), "{own:?}");
        }
        for foreign in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site"), ("origin", "https://crm.example")],
            &[("origin", "https://evil.example"), ("host", "crm.example")],
            &[("origin", "https://crm.example.evil.example")],
        ] {
            assert!(asked(foreign), "{foreign:?}");
        }
    }
}
