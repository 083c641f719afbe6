//! Where a request comes from: the connection's other end, or what trusted proxies say of it.

use std::net::{IpAddr, SocketAddr};

use axum::http::header::FORWARDED;
use axum::http::{HeaderMap, HeaderName};
use kontor_config::Cidr;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The client of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Client {
    /// Absent only where there is no connection.
    pub address: Option<IpAddr>,
    /// Whether it spoke TLS to the proxy.
    pub is_secure: bool,
}

/// The proxies that are believed.
#[derive(Debug, Clone)]
pub struct Proxies(Vec<Cidr>);

impl Proxies {
    pub fn new(trusted: &[Cidr]) -> Self {
        Self(trusted.to_vec())
    }

    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(address))
    }

    /// The client: the right-most address that is no trusted proxy. Everything to its left is what that client says of
    /// itself. A proxy writes one of the two headers and passes the other on as it came: where both are there and name
    /// different clients, neither is believed.
    pub fn client(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> Client {
        let Some(peer) = peer.map(|peer| peer.ip().to_canonical()) else { return Client::default() };
        if self.0.is_empty() || !self.trusts(peer) {
            return Client { address: Some(peer), is_secure: false };
        }
        let listed = values(headers, &X_FORWARDED_FOR).map(node);
        let forwarded = values(headers, &FORWARDED).map(|element| node(parameter(element, "for")?));
        let listed = headers.contains_key(X_FORWARDED_FOR).then(|| self.right_most(peer, listed));
        let forwarded = headers.contains_key(FORWARDED).then(|| self.right_most(peer, forwarded));
        let address = match (listed, forwarded) {
            (Some(one), Some(other)) if one != other => peer,
            (Some(address), _) | (None, Some(address)) => address,
            (None, None) => peer,
        };
        let scheme = values(headers, &X_FORWARDED_PROTO)
            .next()
            .or_else(|| values(headers, &FORWARDED).next().and_then(|element| parameter(element, "proto")));
        let is_secure = scheme.is_some_and(|scheme| scheme.trim().trim_matches('"').eq_ignore_ascii_case("https"));
        Client { address: Some(address), is_secure }
    }

    /// From the right: as far as the addresses are those of trusted proxies, and the first that is not. What cannot be
    /// read ends the way.
    fn right_most(&self, peer: IpAddr, from_the_right: impl Iterator<Item = Option<IpAddr>>) -> IpAddr {
        let mut nearest = peer;
        for address in from_the_right {
            let Some(address) = address else { break };
            nearest = address;
            if !self.trusts(address) {
                break;
            }
        }
        nearest
    }
}

/// The elements of a list header, the last first.
fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> + use<'a> {
    let lines: Vec<_> = headers.get_all(name).iter().collect();
    lines.into_iter().rev().flat_map(|line| line.to_str().unwrap_or_default().rsplit(','))
}

/// A parameter of an element of `Forwarded` (RFC 7239, 4).
fn parameter<'a>(element: &'a str, wanted: &str) -> Option<&'a str> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case(wanted).then_some(value)
    })
}

/// An address with or without a port, in brackets or quotes (RFC 7239, 6).
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let address = text.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    let address = address.ok().or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok());
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn client(peer: &str, headers: &[(HeaderName, &'static str)]) -> (String, bool) {
        let trusted: Vec<Cidr> = ["10.0.0.0/8", "fd00::/8"].iter().map(|net| net.parse().unwrap()).collect();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.clone(), HeaderValue::from_static(value));
        }
        let client = Proxies::new(&trusted).client(Some(peer.parse().unwrap()), &map);
        (client.address.unwrap().to_string(), client.is_secure)
    }

    fn address(peer: &str, headers: &[(HeaderName, &'static str)]) -> String {
        client(peer, headers).0
    }

    #[test]
    fn a_stranger_says_nothing_of_itself() {
        let said = [(X_FORWARDED_FOR, "203.0.113.1"), (FORWARDED, "for=203.0.113.1;proto=https")];
        assert_eq!(client("192.0.2.7:1", &said), ("192.0.2.7".into(), false));
        assert_eq!(Proxies::new(&[]).client(None, &HeaderMap::new()), Client::default());
    }

    #[test]
    fn the_right_most_that_is_no_proxy_counts() {
        let of = |said| address("10.0.0.1:1", &[(X_FORWARDED_FOR, said)]);
        assert_eq!(of("203.0.113.1"), "203.0.113.1");
        assert_eq!(of("198.51.100.9, 203.0.113.1"), "203.0.113.1");
        assert_eq!(of("198.51.100.9, 203.0.113.1, 10.1.1.1"), "203.0.113.1");
        assert_eq!(of("203.0.113.1:4711"), "203.0.113.1");
        assert_eq!(of("[2001:db8::7]:4711"), "2001:db8::7");
        assert_eq!(of("2001:db8::7"), "2001:db8::7");
        assert_eq!(of("::ffff:203.0.113.1"), "203.0.113.1");
        assert_eq!(of("10.9.9.9, 10.1.1.1"), "10.9.9.9");
        for nonsense in ["", "unknown", "203.0.113.1, _hidden", "203.0.113.1,", "1.2.3"] {
            assert_eq!(of(nonsense), "10.0.0.1", "{nonsense}");
        }
        let lines = [(X_FORWARDED_FOR, "198.51.100.9"), (X_FORWARDED_FOR, "203.0.113.1")];
        assert_eq!(address("10.0.0.1:1", &lines), "203.0.113.1");
        assert_eq!(address("10.0.0.1:1", &[]), "10.0.0.1");
        assert_eq!(address("[::ffff:10.0.0.1]:1", &[(X_FORWARDED_FOR, "203.0.113.1")]), "203.0.113.1");
    }

    #[test]
    fn forwarded_as_in_the_rfc() {
        let of = |said| client("10.0.0.1:1", &[(FORWARDED, said)]);
        assert_eq!(of("for=192.0.2.60;proto=http;by=203.0.113.43"), ("192.0.2.60".into(), false));
        assert_eq!(of("For=\"[2001:db8:cafe::17]:4711\";Proto=HTTPS"), ("2001:db8:cafe::17".into(), true));
        assert_eq!(of("for=192.0.2.43, for=\"[fd00::1]\""), ("192.0.2.43".into(), false));
        assert_eq!(of("for=198.51.100.9, for=unknown"), ("10.0.0.1".into(), false));
        assert_eq!(of("proto=https"), ("10.0.0.1".into(), true));
    }

    #[test]
    fn headers_that_contradict_each_other_are_not_believed() {
        let said = [(X_FORWARDED_FOR, "203.0.113.1"), (FORWARDED, "for=198.51.100.9")];
        assert_eq!(address("10.0.0.1:1", &said), "10.0.0.1");
        let said = [(X_FORWARDED_FOR, "203.0.113.1"), (FORWARDED, "for=203.0.113.1")];
        assert_eq!(address("10.0.0.1:1", &said), "203.0.113.1");
    }

    #[test]
    fn the_scheme_is_the_proxys_word() {
        let secure = |said: &'static str| client("10.0.0.1:1", &[(X_FORWARDED_PROTO, said)]).1;
        assert!(secure("https") && secure("http, https") && !secure("https, http") && !secure("http"));
    }
}
