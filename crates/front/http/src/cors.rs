//! Cross-origin requests from browsers (the Fetch standard, 3.3): a space lists the origins whose pages may call it.
//!
//! Credentials come in a header that the page sets itself; cookies are never asked for, so
//! `Access-Control-Allow-Credentials` is never sent and a page of another origin can do nothing in a user's name.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method};
use futures::future::BoxFuture;
use kontor_model::Result;
use kontor_records::Caller;

/// Any origin.
pub const ANY: &str = "*";
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "ETag, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, Idempotent-Replayed, WWW-Authenticate",
);
/// What a page may send besides what every page may.
const ACCEPTED: HeaderValue = HeaderValue::from_static(
    "Authorization, Content-Type, X-Api-Key, Idempotency-Key, If-Match, If-None-Match, X-Request-Id, Traceparent, \
     Tracestate, Last-Event-ID",
);
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The origins that the spaces list.
pub trait Origins: Send + Sync {
    /// Whether any space lists this origin, or all origins.
    ///
    /// # Errors
    /// The database's.
    fn any_lists<'a>(&'a self, origin: &'a str) -> BoxFuture<'a, Result<bool>>;
}

/// No space lists any.
pub struct NoOrigins;

impl Origins for NoOrigins {
    fn any_lists<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async { Ok(false) })
    }
}

/// The origin of the page behind a request.
pub fn origin(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(ORIGIN).filter(|origin| origin.to_str().is_ok()).cloned()
}

/// Whether it asks what a page may do (Fetch, CORS-preflight request).
pub fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS && headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Says in an answer whether the page may read it. A caller's answer is for the origins of its space; where nobody is
/// known (a preflight, a missing credential), for those of any space.
pub async fn write(
    origins: &dyn Origins,
    origin: &HeaderValue,
    caller: Option<&Caller>,
    preflight: Option<&str>,
    headers: &mut HeaderMap,
) {
    headers.append(VARY, HeaderValue::from_static("Origin"));
    let Ok(text) = origin.to_str() else { return };
    let listed = match caller {
        Some(caller) => caller.settings.cors_origins.iter().any(|listed| listed == ANY || listed == text),
        None => origins.any_lists(text).await.unwrap_or_else(|error| {
            tracing::warn!(error = error.internal_text().unwrap_or(error.detail()), "origins cannot be looked up");
            false
        }),
    };
    if !listed {
        return;
    }
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    match preflight.map(HeaderValue::from_str) {
        Some(Ok(methods)) => {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, ACCEPTED);
            headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        }
        _ => drop(headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED)),
    }
}
