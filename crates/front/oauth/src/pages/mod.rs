//! The pages: plain HTML, with one script of our own where there are passkeys and without it where there are none, readable at 360 px, in light and dark, with every text escaped.

mod passkeys;
mod people;
mod providers;
mod requests;

pub use passkeys::{SCRIPT, passkeys, recovery_codes};
pub use people::{Fields, redeem, second_factor, sign_in, signed_in, signed_out};
pub use providers::{Choice, go_on, not_admitted, not_signed_in};
pub use requests::{consent, device_code, device_done, failed, leaving};

use std::sync::OnceLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_FRAME_OPTIONS};
use axum::http::{HeaderValue, Response, StatusCode};
use base64::Engine;
use kontor_model::show::escape_html as escape;

const STYLE: &str = include_str!("style.css");

/// A page; `leads_to` is where its form may end up besides here (browsers hold redirects to the policy, too).
fn page(status: u16, title: &str, body: &str, leads_to: &str) -> Response<Body> {
    drawn(status, title, body, leads_to, "", "")
}

/// A page with the script of passkeys: a file of our own, which talks to us alone.
fn scripted(status: u16, title: &str, body: &str, leads_to: &str) -> Response<Body> {
    let script = "<script src=\"/sign-in/passkey.js\" defer></script>\n";
    drawn(status, title, body, leads_to, script, " script-src 'self'; connect-src 'self';")
}

fn drawn(status: u16, title: &str, body: &str, leads_to: &str, head: &str, sources: &str) -> Response<Body> {
    let title = escape(title);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} – Kontor</title>\n<style>{STYLE}</style>\n{head}</head>\n<body>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    );
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    let policy = format!(
        "default-src 'none';{sources} style-src 'sha256-{}'; form-action 'self'{}{leads_to}; frame-ancestors 'none'; base-uri 'none'",
        style_hash(),
        if leads_to.is_empty() { "" } else { " " }
    );
    // Without a policy of its own a page would be given one that is wider.
    let policy =
        HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    response
}

fn style_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| base64::engine::general_purpose::STANDARD.encode(digest(&SHA256, STYLE.as_bytes())))
}

fn hidden(fields: &[(&str, &str)]) -> String {
    let one = |(name, value): &(&str, &str)| {
        format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">\n", escape(name), escape(value))
    };
    fields.iter().map(one).collect()
}

fn alert(error: Option<&str>) -> String {
    error.map(|text| format!("<p class=\"error\" role=\"alert\">{}</p>\n", escape(text))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(escape("<a href='x' b=\"y\">&"), "&lt;a href=&#39;x&#39; b=&quot;y&quot;&gt;&amp;");
        assert!(hidden(&[("a", "\"><script>")]).contains("value=\"&quot;&gt;&lt;script&gt;\""));
    }

    #[test]
    fn a_page_has_a_policy_and_no_script_but_our_own() {
        let page = page(200, "A <title>", "", "https://a.example");
        let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("form-action 'self' https://a.example;") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("script") && !policy.contains("unsafe"));
        let page = scripted(200, "A", "", "");
        let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; connect-src 'self';"));
        assert!(!policy.contains("unsafe"));
    }
}
