//! An answer as it is kept: its bytes, what it was read from, and when.

use std::ops::Range;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::header::{AGE, CACHE_CONTROL, CONTENT_LENGTH, ETAG, WARNING};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use bytes::Bytes;
use hyper::body::Body as _;
use kontor_model::show::write_string;
use kontor_store::Seen;

use crate::etag::Tags;
use crate::reply;

use super::key::Key;

/// RFC 9111 has no word for it any more; RFC 7234, 5.5.1 had.
const STALE: HeaderValue = HeaderValue::from_static("110 - \"Response is Stale\"");
/// Behind the data comes no more than the page and its cursor.
const TAIL: usize = 8_192;

/// A whole 200 answer.
#[derive(Debug)]
pub struct Stored {
    headers: HeaderMap,
    whole: Bytes,
    /// Where the request's id is, in quotes.
    id: Range<usize>,
    pub seen: Seen,
    /// When it began to be read.
    pub begun: Instant,
}

/// What a handler's answer turned out to be.
pub enum Kept {
    Whole(Stored),
    /// Not one that can be given twice.
    Not(Response<Body>),
}

impl Stored {
    /// Takes a handler's answer to the request `request_id`, when it can be given again.
    pub async fn of(response: Response<Body>, request_id: &str, seen: Seen, begun: Instant, most: usize) -> Kept {
        let size = response.body().size_hint().exact().and_then(|n| usize::try_from(n).ok());
        let fits = size.is_some_and(|n| n <= most);
        let is_plain = response.status() == StatusCode::OK && !response.headers().contains_key(CACHE_CONTROL);
        if !fits || !is_plain || seen.is_empty() {
            return Kept::Not(response);
        }
        let (parts, body) = response.into_parts();
        let Ok(whole) = axum::body::to_bytes(body, most).await else {
            return Kept::Not(Response::from_parts(parts, Body::empty()));
        };
        match place_of(&whole, request_id) {
            Some(id) => Kept::Whole(Self { headers: parts.headers, whole, id, seen, begun }),
            None => Kept::Not(Response::from_parts(parts, Body::from(whole))),
        }
    }

    /// Bytes that it takes.
    pub fn size(&self) -> usize {
        self.whole.len() + self.headers.len() * 64 + size_of::<Self>()
    }

    pub fn age(&self) -> Duration {
        self.begun.elapsed()
    }

    /// As the answer to another request; 304 where that one knows it.
    pub fn answer(&self, key: &Key, known: Option<&Tags>, request_id: &str) -> Response<Body> {
        if let Some(tag) = self.known_tag(key, known) {
            return reply::not_modified(tag);
        }
        let (before, after) = (self.whole.get(..self.id.start), self.whole.get(self.id.end..));
        let mut body = Vec::with_capacity(self.whole.len() + request_id.len());
        body.extend_from_slice(before.unwrap_or_default());
        write_string(request_id, &mut body);
        body.extend_from_slice(after.unwrap_or_default());
        self.with(Body::from(body))
    }

    /// As the answer to the request that it was made for.
    pub fn first(&self, key: &Key, known: Option<&Tags>) -> Response<Body> {
        match self.known_tag(key, known) {
            Some(tag) => reply::not_modified(tag),
            None => self.with(Body::from(self.whole.clone())),
        }
    }

    fn with(&self, body: Body) -> Response<Body> {
        let mut response = Response::new(body);
        *response.headers_mut() = self.headers.clone();
        // Another request's id may be longer.
        response.headers_mut().remove(CONTENT_LENGTH);
        response
    }

    /// The tag, when `known` has it.
    fn known_tag(&self, key: &Key, known: Option<&Tags>) -> Option<HeaderValue> {
        let tag = self.headers.get(ETAG)?;
        let text = tag.to_str().ok()?;
        let is_whole = text.starts_with("W/") || key.is_told_by_tag();
        let opaque = text.trim_start_matches("W/").trim_matches('"');
        known.filter(|tags| is_whole && tags.weakly(opaque)).map(|_| tag.clone())
    }
}

/// Says of an answer that it is out of date, and by how much (RFC 9111, 5.1).
pub fn mark_stale(response: &mut Response<Body>, age: Duration) {
    let headers = response.headers_mut();
    headers.insert(AGE, HeaderValue::from(age.as_secs()));
    headers.insert(WARNING, STALE);
}

/// Where the envelope says the request's id: behind the data, so the last such place.
fn place_of(whole: &[u8], request_id: &str) -> Option<Range<usize>> {
    const BEFORE: &[u8] = b",\"meta\":{\"request_id\":";
    let mut id = Vec::with_capacity(request_id.len() + 2);
    write_string(request_id, &mut id);
    let from = whole.len().saturating_sub(TAIL);
    let tail = whole.get(from..)?;
    let at = from + tail.windows(BEFORE.len()).rposition(|part| part == BEFORE)? + BEFORE.len();
    let range = at..at + id.len();
    (whole.get(range.clone())? == id).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope;

    #[test]
    fn the_id_is_the_envelopes_own() {
        let data = br#"{"custom":{"a":1,"meta":{"request_id":"r-1"}}}"#;
        let whole = envelope::single(200, data, "r-1");
        let place = place_of(&whole, "r-1").unwrap();
        assert_eq!(&whole[place.clone()], b"\"r-1\"");
        assert_eq!(&whole[place.end..], b"}}");
        assert_eq!(place_of(&whole, "r-2"), None);
        assert_eq!(place_of(b"{}", "r-1"), None);
    }
}
