//! What every answer says besides its own.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, REFERRER_POLICY, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};

use crate::request_id;

const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'",
);

/// Adds the request's id, and what keeps browsers and caches from making more of an answer than it is.
pub fn complete(headers: &mut HeaderMap, id: &str) {
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(request_id::HEADER, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if !headers.contains_key(CACHE_CONTROL) {
        let cache = if headers.contains_key(ETAG) { "private, no-cache" } else { "no-store" };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    }
    let is_page = headers.get(CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"text/html"));
    if is_page && !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, PAGE_POLICY);
    }
}

/// Adds to a challenge where tokens come from (RFC 9728, 5.1), and that they may be bound to a key (RFC 9449, 7.1).
pub fn challenge(headers: &mut HeaderMap, resource_metadata: &str) {
    let Some(text) = headers.get(WWW_AUTHENTICATE).and_then(|v| v.to_str().ok()) else { return };
    if resource_metadata.is_empty() || !text.starts_with("Bearer") {
        return;
    }
    let joint = if text == "Bearer" { " " } else { ", " };
    if let Ok(value) = HeaderValue::try_from(format!("{text}{joint}resource_metadata=\"{resource_metadata}\"")) {
        headers.insert(WWW_AUTHENTICATE, value);
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("DPoP algs=\"ES256 EdDSA RS256\""));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_says_where_tokens_come_from() {
        let after = |text: &'static str| {
            let mut headers = HeaderMap::from_iter([(WWW_AUTHENTICATE, HeaderValue::from_static(text))]);
            challenge(&mut headers, "https://a.example/x");
            headers[WWW_AUTHENTICATE].to_str().unwrap().to_owned()
        };
        assert_eq!(after("Bearer"), "Bearer resource_metadata=\"https://a.example/x\"");
        assert_eq!(
            after("Bearer error=\"invalid_token\""),
            "Bearer error=\"invalid_token\", resource_metadata=\"https://a.example/x\""
        );
        assert_eq!(after("Basic realm=\"oauth\""), "Basic realm=\"oauth\"");
    }
}
