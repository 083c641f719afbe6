//! Compression of answers beyond 1 KiB for callers that ask for it.

use std::convert::Infallible;
use std::future::ready;

use axum::body::Body;
use axum::http::header::ACCEPT_ENCODING;
use axum::http::{HeaderValue, Request, Response};
use hyper::body::Body as _;
use tower::Service;
use tower_http::CompressionLevel;
use tower_http::compression::Compression;

const WORTH: u64 = 1_024;

/// The answer, compressed with gzip or zstd when that is worth it.
pub async fn compressed(response: Response<Body>, accepted: HeaderValue) -> Response<Body> {
    let size = response.body().size_hint();
    if size.exact().is_some_and(|bytes| bytes < WORTH) {
        return response;
    }
    let mut request = Request::new(());
    request.headers_mut().insert(ACCEPT_ENCODING, accepted);
    let mut answer = Some(response);
    let inner = tower::service_fn(move |_: Request<()>| ready(Ok::<_, Infallible>(answer.take().unwrap_or_default())));
    match Compression::new(inner).quality(CompressionLevel::Fastest).call(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    }
}
