//! `/docs/errors`: every error code with what to do about it, for people and for programs.

use std::fmt::Write;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use kontor_http::{Admitted, Refusal, envelope, error_type, reply};
use kontor_model::ErrorCode;

/// The page, or JSON where that is preferred.
pub async fn read(parts: Parts) -> Result<Response<Body>, Refusal> {
    let mut response = if prefers_json(&parts.headers) {
        let request_id = &Admitted::of(&parts.extensions)?.request_id;
        reply::json(
            StatusCode::OK,
            envelope::single(200, crate::openapi::catalogue().to_string().as_bytes(), request_id),
        )
    } else {
        let mut response = Response::new(Body::from(page()));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        response
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}

/// Whether `Accept` names JSON with a higher weight than HTML (RFC 9110, 12.5.1).
fn prefers_json(headers: &HeaderMap) -> bool {
    let (mut json, mut html) = (0.0_f32, 0.0_f32);
    for range in headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|p| p.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
        match media.as_str() {
            "application/json" | "application/*" => json = json.max(weight),
            "text/html" | "text/*" | "*/*" | "application/xhtml+xml" => html = html.max(weight),
            _ => {}
        }
    }
    json > 0.0
        && (json > html
            || (json >= html
                && !headers.get_all(header::ACCEPT).iter().any(|v| v.as_bytes().windows(9).any(|w| w == b"text/html"))))
}

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Errors · Kontor</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 2rem 1rem 6rem; }
h1 { line-height: 1.2; }
h2 { margin: 3rem 0 0; font-size: 1.25rem; }
section { margin-top: 1.5rem; padding: .25rem 0 .25rem 1rem; border-left: .25rem solid #8888; }
section:target { border-color: #0a6; }
h3 { margin: 0; font-size: 1rem; }
p { margin: .25rem 0; }
code { font: .95em ui-monospace, monospace; }
.kind { color: #555; font-size: .9rem; }
@media (prefers-color-scheme: dark) { .kind { color: #bbb; } }
a { color: inherit; }
</style>
</head>
<body>
<main>
<h1>Errors</h1>
<p>Every refusal and failure is <code>application/problem+json</code> (<a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457</a>) with an
<code>error_code</code> of this page: the HTTP status × 1000 + n. One fault answers with its own code; several at once with
<code>400001</code>, each with its own code in <code>errors</code>. <code>meta.request_id</code> finds the request in the log.</p>
<p>The same as JSON: <code>curl -H 'Accept: application/json' http://127.0.0.1:8080/docs/errors</code></p>
"#;

/// The whole page; it has no script.
fn page() -> String {
    let mut out = HEAD.to_owned();
    let mut status = 0;
    for code in ErrorCode::ALL {
        if code.status() != status {
            status = code.status();
            let _ = writeln!(out, "<h2 id=\"{status}\">{status}</h2>");
        }
        let number = code.number();
        let retry =
            if code.retryable() { "the same request may succeed later" } else { "the same request will fail again" };
        let _ = writeln!(
            out,
            "<section id=\"{number}\" aria-labelledby=\"t{number}\">\n<h3 id=\"t{number}\"><a href=\"#{number}\"><code>{number}</code></a> {}</h3>\n\
             <p class=\"kind\">{} · {retry}</p>\n<p>{}</p>\n</section>",
            escaped(code.title()),
            error_type(code.error_type()),
            escaped(code.advice()),
        );
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_place() {
        let page = page();
        for code in ErrorCode::ALL {
            assert_eq!(page.matches(&format!("<section id=\"{}\"", code.number())).count(), 1);
        }
        assert!(!page.contains("<script") && page.matches("<section").count() == page.matches("</section>").count());
    }

    #[test]
    fn json_is_given_to_those_who_ask() {
        let prefers = |accept: &'static str| {
            prefers_json(&HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]))
        };
        for yes in [
            "application/json",
            "application/json, */*;q=0.5",
            "application/json, */*",
            "text/html;q=0.5, application/json",
        ] {
            assert!(prefers(yes), "{yes}");
        }
        for no in [
            "*/*",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "text/html, application/json",
            "application/json;q=0",
        ] {
            assert!(!prefers(no), "{no}");
        }
        assert!(!prefers_json(&HeaderMap::new()));
    }
}
