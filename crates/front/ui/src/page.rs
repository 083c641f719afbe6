//! `GET /`, `/app`, `/app/…`: the one page of the interface, which finds by its address what to show.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};

use crate::files;

const INDEX: &str = "index.html";

/// Scripts from here only, and none in the page; nothing is asked of another host. Styles may be in the page: the
/// components set their colours and sizes so. Frames hold what the page itself has fetched: documents as PDF.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
     font-src 'self'; connect-src 'self'; manifest-src 'self'; frame-src blob:; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'",
);

const MISSING: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Kontor</title>\
<meta name=\"viewport\" content=\"width=device-width\"></head>\n<body><h1>Kontor is running</h1>\n\
<p>The web interface is not in this binary: it was built without Node.</p>\n\
<p>To have it, install Node 20.19 or newer and run <code>make run</code> in the sources, or <code>make ui</code> and \
then <code>cargo build --release -p kontor</code>.</p>\n\
<p>Everything else is here: <a href=\"/docs\">the API with a page to try it</a>, <a href=\"/sign-in\">signing in</a>, \
<a href=\"/docs/errors\">errors</a>.</p></body></html>\n";

pub async fn read(headers: HeaderMap) -> Response<Body> {
    answer(files::find(INDEX), &headers)
}

fn answer(index: Option<files::File>, headers: &HeaderMap) -> Response<Body> {
    let Some(index) = index else {
        let mut response = Response::new(Body::from(MISSING));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        return response;
    };
    let tag = HeaderValue::try_from(format!("\"{}\"", index.digest)).ok();
    let is_known = tag.is_some() && headers.get(IF_NONE_MATCH) == tag.as_ref();
    let mut response = Response::new(if is_known { Body::empty() } else { Body::from(index.bytes.into_owned()) });
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let answer = response.headers_mut();
    answer.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    // A new version is seen at the next load, and names its new files.
    answer.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    answer.insert(CONTENT_SECURITY_POLICY, POLICY);
    if let Some(tag) = tag {
        answer.insert(ETAG, tag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built() -> Option<files::File> {
        Some(files::File { bytes: b"<!doctype html>".into(), digest: "0a".into() })
    }

    #[test]
    fn the_page_is_asked_anew_and_runs_no_script_of_its_own() {
        let response = answer(built(), &HeaderMap::new());
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()[CACHE_CONTROL], "no-cache");
        let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"), "{policy}");
    }

    #[test]
    fn a_page_that_is_known_is_not_sent() {
        let headers = HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_static("\"0a\""))]);
        assert_eq!(answer(built(), &headers).status(), 304);
        let headers = HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_static("\"0b\""))]);
        assert_eq!(answer(built(), &headers).status(), 200);
    }

    #[test]
    fn without_files_the_page_says_how_to_get_them() {
        let body = answer(None, &HeaderMap::new()).into_body();
        let bytes = futures::executor::block_on(axum::body::to_bytes(body, 10_000)).unwrap();
        assert!(String::from_utf8_lossy(&bytes).contains("make ui"));
    }
}
