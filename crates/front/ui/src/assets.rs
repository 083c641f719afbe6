//! `GET /assets/{file}`: scripts, styles and fonts. Their names change with their content, so they are kept for good.
//! The build lays a Brotli and a gzip copy beside each.

use std::borrow::Cow;

use axum::body::Body;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, Response};
use kontor_http::Refusal;
use kontor_model::{Error, ErrorCode};

use crate::files;

/// A year, the longest that caches are asked for (RFC 9111, 5.2.2.1; `immutable` is RFC 8246).
const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

/// Endings of precompressed copies, the smaller first, with what they are called in HTTP.
const COPIES: &[(&str, &str)] = &[("br", "br"), ("gz", "gzip")];

pub async fn read(path: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Result<Response<Body>, Refusal> {
    let Ok(Path(name)) = path else { return Err(unknown().into()) };
    find(&format!("assets/{name}"), &headers, FOR_GOOD)
}

pub async fn icon(headers: HeaderMap) -> Result<Response<Body>, Refusal> {
    find("favicon.svg", &headers, A_DAY)
}

fn find(path: &str, headers: &HeaderMap, cache: HeaderValue) -> Result<Response<Body>, Refusal> {
    let kind = kind(path).filter(|_| !path.contains("..")).ok_or_else(unknown)?;
    let copy = COPIES.iter().filter(|(_, coding)| accepts(headers, coding));
    let copy = copy.filter_map(|(ending, coding)| Some((files::find(&format!("{path}.{ending}"))?.bytes, *coding)));
    let (bytes, coding) = match copy.into_iter().next() {
        Some((bytes, coding)) => (bytes, Some(coding)),
        None => (files::find(path).ok_or_else(unknown)?.bytes, None),
    };
    let mut response = Response::new(match bytes {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    });
    let answer = response.headers_mut();
    answer.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer.insert(CACHE_CONTROL, cache);
    answer.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(coding) = coding {
        answer.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    Ok(response)
}

fn unknown() -> Error {
    Error::new(ErrorCode::NoRoute, "there is no such file; reload the page, it may be of an older version")
}

/// The media type by the ending; None for an ending that the interface has no files of.
fn kind(path: &str) -> Option<&'static str> {
    Some(match path.rsplit_once('.')?.1 {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "json" => "application/json",
        _ => return None,
    })
}

/// Whether a coding may be sent (RFC 9110, 12.5.3): it is named, and not with a weight of 0.
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let given = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    given.flat_map(|text| text.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let is_none = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim_matches(['0', '.']).is_empty());
        name.trim().eq_ignore_ascii_case(coding) && !is_none
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(text))])
    }

    #[test]
    fn a_coding_is_sent_to_who_takes_it() {
        for (text, wanted) in [
            ("gzip, deflate, br", true),
            ("BR;q=0.5", true),
            ("br;q=0", false),
            ("br; q=0.000", false),
            ("gzip", false),
        ] {
            assert_eq!(accepts(&asks(text), "br"), wanted, "{text}");
        }
        assert!(!accepts(&HeaderMap::new(), "gzip"));
    }

    #[test]
    fn what_is_not_there_is_a_404() {
        for path in ["assets/nothing.js", "assets/../index.html", "assets/..%2findex.html", "assets/x.exe", "assets/x"]
        {
            let refused = find(path, &HeaderMap::new(), FOR_GOOD).err().map(|Refusal(error)| error.code());
            assert_eq!(refused, Some(ErrorCode::NoRoute), "{path}");
        }
    }
}
