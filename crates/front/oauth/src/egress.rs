//! Calls to addresses that strangers name: the address that is connected to is checked, not the name, and nothing is
//! followed (OWASP API7; ASVS V1.3.6, V15.3.2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use kontor_config::Cidr;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use serde_json::Value;
use url::{Host, Url};

const PATIENCE: Duration = Duration::from_secs(5);
const LARGEST: usize = 64 << 10;

/// Fetches small JSON documents from public addresses.
pub struct Egress {
    /// Made at the first call: a machine without certificates of its own has no use for it, and starts nevertheless.
    client: OnceLock<Option<reqwest::Client>>,
    guard: Guard,
}

#[derive(Clone)]
struct Guard(Arc<[Cidr]>);

impl Guard {
    fn lets(&self, address: IpAddr) -> bool {
        is_public(address) || self.0.iter().any(|net| net.contains(address))
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            // One good address among bad ones is how a guard is tried: then none is used.
            if found.is_empty() || !found.iter().all(|address| guard.lets(address.ip())) {
                return Err("the name does not lead to a public address".into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

impl Egress {
    /// `allow` are networks that may be reached besides the public internet.
    pub fn new(allow: &[Cidr]) -> Self {
        Self { client: OnceLock::new(), guard: Guard(allow.into()) }
    }

    fn client(&self) -> Option<&reqwest::Client> {
        let made = self.client.get_or_init(|| {
            let client = reqwest::Client::builder()
                .dns_resolver(Arc::new(self.guard.clone()))
                .redirect(Policy::none())
                .no_proxy()
                .timeout(PATIENCE)
                .pool_max_idle_per_host(0)
                .user_agent("Kontor")
                .build();
            client.inspect_err(|error| tracing::error!(%error, "documents of clients cannot be fetched")).ok()
        });
        made.as_ref()
    }

    /// Whether `allow` names the address of this URL: such a one may be reached without TLS.
    pub fn is_own(&self, url: &Url) -> bool {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            _ => return false,
        };
        !is_public(address) && self.guard.lets(address)
    }

    /// A JSON document of at most 64 KiB.
    ///
    /// # Errors
    /// What went wrong, without a word about the network behind this server.
    pub async fn json(&self, url: &Url) -> Result<Value, &'static str> {
        const AWAY: &str = "the address cannot be reached";
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(AWAY),
        };
        let secure = url.scheme() == "https" || self.is_own(url);
        if literal.is_some_and(|address| !self.guard.lets(address)) || !secure || !url.username().is_empty() {
            return Err(AWAY);
        }
        let request = self.client().ok_or(AWAY)?.get(url.clone()).header("accept", "application/json");
        let mut response = request.send().await.map_err(|error| {
            tracing::debug!(error = %error.without_url(), "a document was not fetched");
            AWAY
        })?;
        if response.status() != reqwest::StatusCode::OK {
            return Err("the address does not answer 200");
        }
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|_| AWAY)? {
            if body.len() + part.len() > LARGEST {
                return Err("the document has more than 64 KiB");
            }
            body.extend_from_slice(&part);
        }
        serde_json::from_slice(&body).map_err(|_| "the document is not JSON")
    }
}

/// Whether an address belongs to the public internet, and to nobody behind this server's own walls.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19)))
}

/// Only global unicast (2000::/3) without what carries an IPv4 address inside: 6to4 and Teredo. NAT64 (64:ff9b::/96),
/// unique local, link-local and multicast lie outside.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    first & 0xE000 == 0x2000
        && first != 0x2002
        && !(first == 0x2001 && second < 0x0200)
        && !(first == 0x2001 && second == 0x0DB8)
        && !(first == 0x3FFF && second < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_reached() {
        for public in ["1.1.1.1", "8.8.8.8", "193.99.144.80", "2606:4700::1111", "2a00:1450::1"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for inner in [
            "127.0.0.1",
            "127.1.2.3",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "::1",
            "::",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "fec0::1",
        ] {
            assert!(!is_public(inner.parse().unwrap()), "{inner}");
        }
    }

    #[tokio::test]
    async fn every_way_to_write_an_inner_address_is_refused() {
        let egress = Egress::new(&[]);
        for url in [
            "http://127.0.0.1:1/",
            "https://127.0.0.1:1/",
            "https://0177.0.0.1:1/",
            "https://0x7f000001:1/",
            "https://2130706433:1/",
            "https://127.1:1/",
            "https://[::ffff:7f00:1]:1/",
            "https://[::1]:1/",
            "https://localhost:1/",
            "https://user@1.1.1.1/",
            "https://169.254.169.254/latest/meta-data/",
        ] {
            assert_eq!(egress.json(&Url::parse(url).unwrap()).await, Err("the address cannot be reached"), "{url}");
        }
        let open = Egress::new(&["127.0.0.1/32".parse().unwrap()]);
        assert!(open.is_own(&Url::parse("http://127.0.0.1:1/").unwrap()));
        assert!(
            !open.is_own(&Url::parse("http://127.0.0.2:1/").unwrap())
                && !open.is_own(&Url::parse("http://1.1.1.1/").unwrap())
        );
    }
}
