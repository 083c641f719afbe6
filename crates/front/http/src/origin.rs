//! Whether a browser's request came from our own pages: the defence of cookies against other sites' forms and scripts
//! (ASVS 3.5; the Fetch standard's `Sec-Fetch-Site`, RFC 6454's `Origin`).

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Uri};
use kontor_model::{Error, ErrorCode, Result};

const SEC_FETCH_SITE: &str = "sec-fetch-site";
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// What a request says of where it came from; None when it says nothing.
fn is_own(headers: &HeaderMap, uri: &Uri) -> Option<bool> {
    let text = |value: &axum::http::HeaderValue| value.to_str().unwrap_or_default().to_ascii_lowercase();
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return Some(text(site) == "same-origin");
    }
    let origin = text(headers.get(ORIGIN)?);
    let own = uri.authority().map(|authority| authority.as_str().to_ascii_lowercase());
    let own = own.or_else(|| headers.get(HOST).map(text)).unwrap_or_default();
    let origin = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    Some(!own.is_empty() && origin == Some(own.as_str()))
}

fn foreign() -> Error {
    Error::new(ErrorCode::Forbidden, "the request did not come from this server's own pages; programs use an API key")
}

/// For changes by cookie.
///
/// # Errors
/// 403000 for a request that does not say that it came from our own pages.
pub fn require_own(headers: &HeaderMap, uri: &Uri) -> Result<()> {
    if is_own(headers, uri) == Some(true) { Ok(()) } else { Err(foreign()) }
}

/// For calls that need no credential and set a cookie; programs that say nothing may.
///
/// # Errors
/// 403000 for a request that says that it came from elsewhere.
pub fn refuse_foreign(headers: &HeaderMap, uri: &Uri) -> Result<()> {
    if is_own(headers, uri) == Some(false) { Err(foreign()) } else { Ok(()) }
}

/// Whether the browser reached us by https, possibly through a proxy.
pub fn is_secure(headers: &HeaderMap) -> bool {
    let is = |name: &str, begins: &str| {
        headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|text| text.starts_with(begins))
    };
    is(FORWARDED_PROTO, "https") || is(ORIGIN.as_str(), "https://")
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn of(headers: &[(&'static str, &'static str)]) -> Option<bool> {
        let map = headers.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect();
        is_own(&map, &Uri::from_static("/v1/me"))
    }

    #[test]
    fn our_own_pages_and_others() {
        let host = ("host", "crm.example:8443");
        assert_eq!(of(&[host]), None);
        assert_eq!(of(&[host, ("origin", "https://crm.example:8443")]), Some(true));
        assert_eq!(of(&[host, ("origin", "https://CRM.example:8443")]), Some(true));
        for other in
            ["https://crm.example", "https://crm.example:8443.evil.example", "null", "https://evil.example", ""]
        {
            assert_eq!(of(&[host, ("origin", Box::leak(other.to_owned().into_boxed_str()))]), Some(false), "{other}");
        }
        assert_eq!(of(&[("origin", "https://crm.example")]), Some(false), "no host, no origin");
        assert_eq!(of(&[("sec-fetch-site", "same-origin")]), Some(true));
        // Another site on the same registrable domain is another origin.
        for site in ["same-site", "cross-site", "none"] {
            let site = Box::leak(site.to_owned().into_boxed_str());
            assert_eq!(of(&[host, ("sec-fetch-site", site), ("origin", "https://crm.example:8443")]), Some(false));
        }
    }
}
