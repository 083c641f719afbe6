//! What every answer says besides its own.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::request_id;

const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'",
);

/// Of an answer that is no page: nothing in it may run or be framed (OWASP REST Security Cheat Sheet).
const DATA_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// Two years (RFC 6797). Not for subdomains: what else the operator serves there is not known here.
const TLS_ONLY: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// Adds the request's id, and what keeps browsers and caches from making more of an answer than it is. Over TLS also
/// that there is nothing but TLS.
pub fn complete(headers: &mut HeaderMap, id: &str, is_secure: bool) {
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(request_id::HEADER, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    if is_secure {
        headers.insert(STRICT_TRANSPORT_SECURITY, TLS_ONLY);
    }
    if !headers.contains_key(CACHE_CONTROL) {
        let cache = if headers.contains_key(ETAG) { "private, no-cache" } else { "no-store" };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    }
    let is_page = headers.get(CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"text/html"));
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, if is_page { PAGE_POLICY } else { DATA_POLICY });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(kind: &'static str, is_secure: bool) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        complete(&mut headers, "r-1", is_secure);
        headers
    }

    #[test]
    fn what_owasp_asks_of_an_api() {
        let headers = completed("application/json", false);
        for (name, value) in [
            ("cache-control", "no-store"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("cross-origin-resource-policy", "same-origin"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("x-request-id", "r-1"),
        ] {
            assert_eq!(headers[name], value, "{name}");
        }
        assert!(
            completed("text/html; charset=utf-8", false)[CONTENT_SECURITY_POLICY]
                .as_bytes()
                .starts_with(b"default-src 'self'")
        );
    }

    #[test]
    fn only_who_came_by_tls_is_held_to_it() {
        assert!(!completed("application/json", false).contains_key(STRICT_TRANSPORT_SECURITY));
        assert_eq!(completed("application/json", true)[STRICT_TRANSPORT_SECURITY], "max-age=63072000");
    }
}
