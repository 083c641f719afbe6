//! Outbound calls to addresses that others name (OWASP API7; ASVS V1.3.6, V15.3.2): webhooks, identity providers,
//! documents of clients. The address that is connected to is checked, not the name; nothing is followed; no proxy is
//! asked; every answer has an end.
//!
//! ```
//! # async fn call(egress: &kontor_egress::Egress) -> Result<(), kontor_egress::Failure> {
//! let url = url::Url::parse("https://id.example/token").unwrap();
//! let call = kontor_egress::Call::post(url).form(&[("grant_type", "authorization_code")]);
//! let answer = egress.send(call).await?;
//! println!("{} {:?}", answer.status, answer.json()?);
//! # Ok(()) }
//! ```

mod address;
mod call;
mod failure;
mod guard;

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use kontor_config::Cidr;
use reqwest::redirect::Policy;
use serde_json::Value;
use url::{Host, Url};

pub use call::{Answer, Call};
pub use failure::Failure;
pub use guard::{Lookup, Resolved};

use guard::Guard;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// Connections to one address that are kept, and for how long after a call. The address was checked when they came
/// about; where the name leads meanwhile is asked for the next one.
const KEPT: usize = 16;
const IDLE: Duration = Duration::from_secs(20);

/// Makes calls. One for a process, shared.
pub struct Egress {
    /// With TLS and without, each for calls with a connection of their own and for those that share some.
    clients: [[Client; 2]; 2],
    guard: Guard,
}

/// Made at the first call: a machine without certificates of its own has no use for it, and starts nevertheless.
type Client = OnceLock<Option<reqwest::Client>>;

impl Egress {
    /// `allow` are networks that may be reached besides the public internet; there, and only there, also without TLS.
    pub fn new(allow: &[Cidr]) -> Self {
        Self::with_lookup(allow, Arc::new(guard::system))
    }

    /// As [`Egress::new`], with names resolved by `lookup`.
    pub fn with_lookup(allow: &[Cidr], lookup: Lookup) -> Self {
        Self { clients: Default::default(), guard: Guard::new(allow, lookup) }
    }

    fn client(&self, plain: bool, kept: bool) -> Option<&reqwest::Client> {
        let [secure, open] = &self.clients;
        let [alone, shared] = if plain { open } else { secure };
        let place = if kept { shared } else { alone };
        let made = place.get_or_init(|| {
            let client = reqwest::Client::builder()
                .dns_resolver(Arc::new(self.guard.clone().only_own(plain)))
                .redirect(Policy::none())
                .no_proxy()
                .connect_timeout(CONNECT)
                .pool_max_idle_per_host(if kept { KEPT } else { 0 })
                .pool_idle_timeout(IDLE)
                .user_agent("Kontor")
                .build();
            client.inspect_err(|error| tracing::error!(%error, "outbound calls cannot be made")).ok()
        });
        made.as_ref()
    }

    /// Whether `allow` names the address that this URL spells out: such a one may be reached without TLS.
    pub fn is_own(&self, url: &Url) -> bool {
        literal(url).is_some_and(|address| self.guard.is_own(address))
    }

    /// What can be said of an address before it is called: for those who take one from a form.
    ///
    /// # Errors
    /// [`Failure::Refused`] for another scheme than https (or http within `allow`), a user name or password in it, a
    /// host that is no public address.
    pub fn check(&self, url: &Url) -> Result<(), Failure> {
        let scheme_fits = match (url.scheme(), literal(url)) {
            ("https", _) => true,
            ("http", Some(address)) => self.guard.is_own(address),
            // Decided when the name is resolved: only to addresses within `allow`.
            ("http", None) => !self.guard.is_closed(),
            _ => false,
        };
        let named = url.username().is_empty() && url.password().is_none() && url.host().is_some();
        let reachable = literal(url).is_none_or(|address| self.guard.lets(address));
        if scheme_fits && named && reachable { Ok(()) } else { Err(Failure::Refused) }
    }

    /// Calls, and reads the answer to its end.
    ///
    /// # Errors
    /// As [`Failure`] says; nothing in it tells of the network behind this server.
    pub async fn send(&self, call: Call) -> Result<Answer, Failure> {
        self.check(&call.url)?;
        let client = self.client(call.url.scheme() == "http", call.kept).ok_or(Failure::Away)?;
        let Call { method, url, headers, body, timeout, largest, cut, kept: _ } = call;
        let mut request = client.request(method, url).headers(headers).timeout(timeout);
        if let Some(body) = body {
            request = request.body(body);
        }
        let mut response = request.send().await.map_err(Failure::of)?;
        let from = response.remote_addr();
        if from.is_none_or(|from| !self.guard.lets(from.ip())) {
            return Err(Failure::Refused);
        }
        let mut read = Vec::new();
        loop {
            let part = match response.chunk().await {
                Ok(Some(part)) => part,
                Err(error) if !cut => return Err(Failure::of(error)),
                Ok(None) | Err(_) => break,
            };
            let room = largest - read.len();
            if part.len() > room && !cut {
                return Err(Failure::TooLarge(largest));
            }
            read.extend_from_slice(part.get(..room).unwrap_or(&part));
            if part.len() > room {
                break;
            }
        }
        Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body: read })
    }

    /// The JSON document at an address, of at most 64 KiB, fetched within five seconds.
    ///
    /// # Errors
    /// As [`Egress::send`]; [`Failure::Status`] for another status than 200, [`Failure::NotJson`].
    pub async fn json(&self, url: &Url) -> Result<Value, Failure> {
        let answer = self.send(Call::get(url.clone())).await?;
        if answer.status != 200 {
            return Err(Failure::Status(answer.status));
        }
        answer.json()
    }
}

/// The address that a URL spells out. The parser has turned octal, hexadecimal and short forms into it.
fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(IpAddr::V6(address)),
        Host::Domain(_) => None,
    }
}

#[cfg(test)]
mod tests;
