//! Which addresses a name may lead to.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures::future::BoxFuture;
use kontor_config::Cidr;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::address::is_public;

/// The addresses of a name.
pub type Resolved = std::io::Result<Vec<SocketAddr>>;

/// Resolves a name.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, Resolved> + Send + Sync>;

/// The machine's own way.
pub fn system(name: String) -> BoxFuture<'static, Resolved> {
    Box::pin(async move { Ok(tokio::net::lookup_host((name.as_str(), 0)).await?.collect()) })
}

#[derive(Clone)]
pub struct Guard {
    allow: Arc<[Cidr]>,
    lookup: Lookup,
    /// Whether only addresses within `allow` will do.
    own: bool,
}

impl Guard {
    pub fn new(allow: &[Cidr], lookup: Lookup) -> Self {
        Self { allow: allow.into(), lookup, own: false }
    }

    pub fn only_own(mut self, own: bool) -> Self {
        self.own = own;
        self
    }

    /// Whether nothing besides the public internet may be reached.
    pub fn is_closed(&self) -> bool {
        self.allow.is_empty()
    }

    /// Whether the address lies within `allow` and not on the public internet.
    pub fn is_own(&self, address: IpAddr) -> bool {
        !is_public(address) && self.allow.iter().any(|net| net.contains(address))
    }

    pub fn lets(&self, address: IpAddr) -> bool {
        is_public(address) || self.is_own(address)
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = (guard.lookup)(name.as_str().to_owned()).await?;
            let fits = |address: &SocketAddr| {
                if guard.own { guard.is_own(address.ip()) } else { guard.lets(address.ip()) }
            };
            // One good address among bad ones is how a guard is tried: then none is used.
            if found.is_empty() || !found.iter().all(fits) {
                return Err("the name does not lead to an address that may be called".into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
