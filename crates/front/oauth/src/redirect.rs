//! Redirect addresses: which may be registered, and which of a request is a registered one (RFC 9700, 2.1; RFC 8252).

use url::{Host, Url};

const LONGEST: usize = 2_000;
/// Schemes that a browser runs or reads itself: a redirect to one would be a script or a file of ours.
const NEVER: &[&str] = &[
    "javascript",
    "data",
    "vbscript",
    "file",
    "about",
    "blob",
    "ftp",
    "ws",
    "wss",
    "view-source",
    "filesystem",
    "mailto",
    "tel",
    "intent",
];

/// Whether an address may be registered: https, http to the loopback interface, or a private-use scheme with a dot in
/// it (RFC 8252, 7.1). The text says what is wrong.
///
/// # Errors
/// One sentence for the developer.
pub fn check(text: &str) -> Result<(), String> {
    if text.len() > LONGEST || text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\' || c == '*') {
        return Err(format!(
            "a redirect URI has at most {LONGEST} characters, no white space, no backslash and no wildcard"
        ));
    }
    let url = Url::parse(text).map_err(|_| "a redirect URI is an absolute URI".to_owned())?;
    if url.fragment().is_some() {
        return Err("a redirect URI has no fragment".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a redirect URI has no user name or password".to_owned());
    }
    match url.scheme() {
        "https" if url.host_str().is_some_and(|host| !host.is_empty()) => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        "http" => Err("a redirect URI with http leads to 127.0.0.1, [::1] or localhost; use https".to_owned()),
        scheme if NEVER.contains(&scheme) => Err(format!("a redirect URI does not use {scheme}:")),
        scheme if scheme.contains('.') => Ok(()),
        _ => {
            Err("a redirect URI uses https, or a private scheme with a dot in it as com.example.app:/callback"
                .to_owned())
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether the address of a request is the registered one: character by character, only the port of a loopback
/// address is free (RFC 8252, 7.3).
pub fn matches(registered: &str, given: &str) -> bool {
    if registered == given {
        return true;
    }
    let (Some(registered), Some(given)) = (loopback_parts(registered), loopback_parts(given)) else { return false };
    registered == given
}

/// `http://127.0.0.1:4711/cb` as `http://127.0.0.1` and `/cb`.
fn loopback_parts(text: &str) -> Option<(&str, &str)> {
    check(text).ok()?;
    let rest = text.strip_prefix("http://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => host,
        Some((host, _)) if host.starts_with('[') && authority.ends_with(']') => authority,
        Some(_) => return None,
        None => authority,
    };
    // localhost is a name that can be made to lead elsewhere: its port is not free (RFC 8252, 8.3).
    (host != "localhost").then_some((host, path))
}

/// `scheme://host:port` for a policy's `form-action`, or `scheme:` of a private scheme.
pub fn policy_source(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url.origin().ascii_serialization(),
        Ok(url) => format!("{}:", url.scheme()),
        Err(_) => String::new(),
    }
}

/// The address with parameters added to its query, encoded.
pub fn with_query(address: &str, pairs: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let joint = if address.contains('?') { '&' } else { '?' };
    format!("{address}{joint}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_may_be_registered() {
        for good in [
            "https://a.example/cb",
            "https://a.example/cb?x=1",
            "http://127.0.0.1/cb",
            "http://127.0.0.1:80/cb",
            "http://[::1]:5/cb",
            "http://localhost:3000/",
            "com.example.app:/cb",
            "com.example.app://cb",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "/cb",
            "cb",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "https://a.example/#x",
            "https://a.example/cb#",
            "http://a.example/cb",
            "http://10.0.0.1/cb",
            "http://127.0.0.1.a.example/cb",
            "http://localhost.a.example/",
            "myapp:/cb",
            "https://u@a.example/",
            "https://a.example/*",
            "https://",
            "https://a.example/ cb",
            "https://a.example\\@b.example/",
            "file:///etc/passwd",
            "view-source:https://a.example",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_the_port_of_the_loopback_address_is_free() {
        assert!(matches("http://127.0.0.1/cb", "http://127.0.0.1:4711/cb"));
        assert!(matches("http://[::1]:1/cb", "http://[::1]:4711/cb"));
        assert!(matches("http://[::1]/cb", "http://[::1]:4711/cb"));
        for (registered, given) in [
            ("https://a.example/cb", "https://a.example/cb/"),
            ("https://a.example/cb", "https://a.example:443/cb"),
            ("https://a.example/cb", "https://a.example/CB"),
            ("https://a.example/cb", "https://a.example/cb?x"),
            ("https://a.example/cb", "https://a.example/./cb"),
            ("https://a.example/cb", "https://A.example/cb"),
            ("https://a.example/cb", "https://a.example.b.example/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.2/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/cb2"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1@a.example/cb"),
            ("http://127.0.0.1/cb", "https://127.0.0.1/cb"),
            ("http://localhost/cb", "http://localhost:4711/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/cb#x"),
            ("com.example.app:/cb", "com.example.app:/cb2"),
        ] {
            assert!(!matches(registered, given), "{registered} {given}");
        }
    }

    #[test]
    fn parameters_are_added_to_those_that_are_there() {
        assert_eq!(
            with_query("https://a.example/cb", &[("a", "b c"), ("d", "ü&")]),
            "https://a.example/cb?a=b+c&d=%C3%BC%26"
        );
        assert_eq!(with_query("https://a.example/cb?x=1", &[("a", "b")]), "https://a.example/cb?x=1&a=b");
        assert_eq!(policy_source("https://a.example:8443/cb?x"), "https://a.example:8443");
        assert_eq!(policy_source("com.example.app:/cb"), "com.example.app:");
    }

    proptest! {
        #[test]
        fn one_character_other_is_another_address(at in 8_usize..30, other in "[a-z0-9/._-]") {
            let registered = "https://client.example/callback";
            let mut given = registered.to_owned();
            given.replace_range(at..=at, &other);
            prop_assert_eq!(matches(registered, &given), registered == given);
        }
    }
}
