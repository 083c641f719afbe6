//! How an OAuth endpoint refuses: JSON with `error` and `error_description` (RFC 6749, 5.2), not a problem document.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use kontor_http::ratelimit::WrongGuess;
use kontor_model::Error;
use serde_json::json;

/// An error of a registered name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthError {
    pub code: &'static str,
    /// For the developer of a client; nothing internal.
    pub description: String,
    pub status: u16,
    /// A nonce for the next proof (RFC 9449, 8).
    pub nonce: Option<String>,
    /// Seconds, of a 429 or 503.
    pub retry_after_s: u32,
}

impl OAuthError {
    pub fn new(code: &'static str, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), status: 400, nonce: None, retry_after_s: 60 }
    }

    pub fn invalid_request(description: impl Into<String>) -> Self {
        Self::new("invalid_request", description)
    }

    /// One text for every way in which a code or token is no good, so that nothing is learnt by trying.
    pub fn invalid_grant() -> Self {
        Self::new("invalid_grant", "the code or token is unknown, expired, used, revoked or another client's")
    }

    pub fn invalid_client(description: impl Into<String>) -> Self {
        Self { status: 401, ..Self::new("invalid_client", description) }
    }

    pub fn invalid_scope(description: impl Into<String>) -> Self {
        Self::new("invalid_scope", description)
    }

    pub fn invalid_proof(description: impl Into<String>) -> Self {
        Self::new("invalid_dpop_proof", description)
    }
}

impl From<Error> for OAuthError {
    fn from(error: Error) -> Self {
        let status = error.code().status();
        if status < 500 {
            return Self::invalid_request(error.detail());
        }
        if let Some(internal) = error.internal_text() {
            tracing::error!(error_code = error.code().number(), internal, "an OAuth request failed");
        }
        let unavailable = matches!(status, 503 | 504 | 507);
        let code = if unavailable { "temporarily_unavailable" } else { "server_error" };
        Self { status, ..Self::new(code, error.detail()) }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response<Body> {
        let body = json!({"error": self.code, "error_description": self.description}).to_string();
        let mut response = kontor_http::reply::json(
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST),
            body.into_bytes(),
        );
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let is_wrong_guess = self.code == "invalid_client" && self.status == 401;
        if self.code == "invalid_client" {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"oauth\", charset=\"UTF-8\""));
        }
        if self.status == 429 || self.status == 503 {
            headers.insert(RETRY_AFTER, HeaderValue::from(self.retry_after_s));
        }
        if let Some(nonce) = self.nonce.and_then(|nonce| HeaderValue::try_from(nonce).ok()) {
            headers.insert(HeaderName::from_static("dpop-nonce"), nonce);
        }
        if is_wrong_guess {
            response.extensions_mut().insert(WrongGuess);
        }
        response
    }
}
