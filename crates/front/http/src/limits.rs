//! Step 4: how large a request may be (api.md 8).

use axum::body::Body;
use axum::http::{HeaderMap, Uri};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use kontor_model::{Error, ErrorCode, Result};

use crate::server::is_slow;

/// Characters of path and query together.
const LONGEST_URL: usize = 2_048;
/// What every header costs besides its name and value (RFC 9113, 6.5.2).
const HEADER_OVERHEAD: usize = 32;

/// # Errors
/// 431000.
pub fn headers(headers: &HeaderMap, limit: usize) -> Result<()> {
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + HEADER_OVERHEAD).sum();
    if size > limit {
        return Err(Error::new(ErrorCode::HeadersTooLarge, format!("headers may have {limit} bytes together")));
    }
    Ok(())
}

/// # Errors
/// 414000 naming the call that takes the query as a body.
pub fn url(uri: &Uri) -> Result<()> {
    let length = uri.path_and_query().map_or(0, |p| p.as_str().len());
    if length <= LONGEST_URL {
        return Ok(());
    }
    let mut parts = uri.path().split('/').skip(1);
    let search = match (parts.next(), parts.next()) {
        (Some(version), Some(collection)) if collection.len() <= 64 && !collection.is_empty() => {
            format!("/{version}/{collection}/search")
        }
        _ => "/v1/{collection}/search".to_owned(),
    };
    Err(Error::new(
        ErrorCode::UriTooLong,
        format!("a URL may have {LONGEST_URL} characters, not {length}; send the query as a body: POST {search}"),
    ))
}

/// The whole body.
///
/// # Errors
/// 413000 before anything beyond the limit is read; 408000 for one that comes too slowly; 400000 for one that breaks off.
pub async fn body(body: Body, limit: usize) -> Result<Bytes> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large(limit));
    }
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(limit)),
        Err(error) if is_slow(&*error) => Err(Error::new(ErrorCode::TooSlow, error.to_string())),
        Err(error) => Err(Error::new(ErrorCode::Malformed, "the body broke off before its end").with_internal(error)),
    }
}

fn too_large(limit: usize) -> Error {
    Error::new(ErrorCode::TooLarge, format!("a body may have {limit} bytes; use POST /v1/imports for more"))
}
