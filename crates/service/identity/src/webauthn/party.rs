//! Who asks: the site as browsers know it.

use url::{Host, Url};

/// A site that passkeys can be made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    /// The domain (WebAuthn 5.1.2).
    pub id: String,
    /// The one origin whose pages may ask.
    pub origin: String,
}

impl RelyingParty {
    /// The party of an installation's address. None where browsers have no passkeys: an IP address other than this
    /// machine's own, and `http` other than on this machine (Secure Contexts, 3.1). This machine's own is `localhost`.
    pub fn of(address: &str) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        let mut url = match url.host()? {
            Host::Domain(_) => url,
            Host::Ipv4(ip) if ip.is_loopback() => localhost(url)?,
            Host::Ipv6(ip) if ip.is_loopback() => localhost(url)?,
            Host::Ipv4(_) | Host::Ipv6(_) => return None,
        };
        url.set_fragment(None);
        let id = url.host_str()?.to_owned();
        let is_own = id == "localhost" || id.ends_with(".localhost");
        let is_secure = url.scheme() == "https" || (url.scheme() == "http" && is_own);
        is_secure.then(|| Self { id, origin: url.origin().ascii_serialization() })
    }
}

fn localhost(mut url: Url) -> Option<Url> {
    url.set_host(Some("localhost")).ok()?;
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_site_and_what_is_not() {
        let of = |address: &str| RelyingParty::of(address).map(|party| format!("{} {}", party.id, party.origin));
        for (address, wanted) in [
            ("https://crm.example.com", "crm.example.com https://crm.example.com"),
            ("https://CRM.example.com:443/", "crm.example.com https://crm.example.com"),
            ("https://crm.example.com:8443/base", "crm.example.com https://crm.example.com:8443"),
            ("https://bücher.example", "xn--bcher-kva.example https://xn--bcher-kva.example"),
            ("http://127.0.0.1:8080", "localhost http://localhost:8080"),
            ("http://[::1]:8080", "localhost http://localhost:8080"),
            ("http://localhost:8080", "localhost http://localhost:8080"),
        ] {
            assert_eq!(of(address).as_deref(), Some(wanted), "{address}");
        }
        for address in
            ["http://crm.example.com", "https://10.0.0.5", "http://10.0.0.5:8080", "https://[2001:db8::1]", "", "x"]
        {
            assert_eq!(of(address), None, "{address}");
        }
    }
}
