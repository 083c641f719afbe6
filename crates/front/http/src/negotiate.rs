//! Which types come in and go out (RFC 9110, 8.3 and 12.5.1).

use axum::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, Method};
use kontor_model::{Error, ErrorCode, Result};

/// # Errors
/// 406000 when `Accept` excludes JSON.
pub fn accept(headers: &HeaderMap) -> Result<()> {
    let mut named = false;
    for value in headers.get_all(ACCEPT) {
        let Ok(text) = value.to_str() else { continue };
        for range in text.split(',').map(str::trim).filter(|r| !r.is_empty()) {
            named = true;
            if accepts_json(range) {
                return Ok(());
            }
        }
    }
    if !named {
        return Ok(());
    }
    Err(Error::new(ErrorCode::NotAcceptable, "the answer is application/json; accept it, or send no Accept header"))
}

fn accepts_json(range: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let fits = ["application/json", "application/*", "*/*", "application/problem+json"]
        .iter()
        .any(|known| media.eq_ignore_ascii_case(known));
    let refused = parts.any(|p| {
        let (name, value) = p.split_once('=').unwrap_or((p, ""));
        name.trim().eq_ignore_ascii_case("q") && value.trim().parse::<f32>().is_ok_and(|q| q <= 0.0)
    });
    fits && !refused
}

/// The type of a body that is there.
///
/// # Errors
/// 415000.
pub fn content_type(method: &Method, headers: &HeaderMap) -> Result<()> {
    if headers.get(CONTENT_ENCODING).is_some_and(|v| !v.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Error::new(ErrorCode::UnsupportedMediaType, "send the body without Content-Encoding"));
    }
    let mut given = headers.get_all(CONTENT_TYPE).iter();
    let value = given.next().and_then(|v| v.to_str().ok()).unwrap_or_default();
    if given.next().is_none() && is_json(method, value) {
        return Ok(());
    }
    let also = if *method == Method::PATCH { " or application/merge-patch+json" } else { "" };
    Err(Error::new(ErrorCode::UnsupportedMediaType, format!("send Content-Type: application/json{also}")))
}

fn is_json(method: &Method, value: &str) -> bool {
    let mut parts = value.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let fits = media.eq_ignore_ascii_case("application/json")
        || (*method == Method::PATCH && media.eq_ignore_ascii_case("application/merge-patch+json"));
    fits && parts.filter(|p| !p.is_empty()).all(|p| match p.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            let value = value.trim().trim_matches('"');
            value.eq_ignore_ascii_case("utf-8") || value.eq_ignore_ascii_case("utf8")
        }
        Some(_) => true,
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn one(name: axum::http::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn accept_headers() {
        for good in ["*/*", "application/json", "text/html, */*;q=0.1", "application/*", "", "application/problem+json"]
        {
            assert!(accept(&one(ACCEPT, good)).is_ok(), "{good}");
        }
        for bad in ["text/html", "application/json;q=0", "application/xml, text/*"] {
            assert_eq!(accept(&one(ACCEPT, bad)).unwrap_err().code(), ErrorCode::NotAcceptable, "{bad}");
        }
        assert!(accept(&HeaderMap::new()).is_ok());
    }

    #[test]
    fn content_types() {
        for good in ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\""] {
            assert!(content_type(&Method::POST, &one(CONTENT_TYPE, good)).is_ok(), "{good}");
        }
        let merge = one(CONTENT_TYPE, "application/merge-patch+json");
        assert!(content_type(&Method::PATCH, &merge).is_ok() && content_type(&Method::POST, &merge).is_err());
        for bad in [
            "",
            "text/plain",
            "application/json; charset=latin1",
            "application/x-www-form-urlencoded",
            "application/json; x",
        ] {
            assert_eq!(
                content_type(&Method::POST, &one(CONTENT_TYPE, bad)).unwrap_err().code(),
                ErrorCode::UnsupportedMediaType,
                "{bad}"
            );
        }
    }
}
