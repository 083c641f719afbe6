//! How connections are taken: how many, for how long, and with which certificate.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How many connections, and how long one may be idle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Connections {
    /// Of one listener.
    pub most: usize,
    /// From one address (IPv6: one /64); 0 is no limit. Trusted proxies have none.
    pub per_address: usize,
    pub idle_ms: u64,
}

impl Default for Connections {
    fn default() -> Self {
        Self { most: 16_384, per_address: 2_048, idle_ms: 25_000 }
    }
}

impl Connections {
    /// How long a connection may be without a request.
    #[must_use]
    pub fn idle(&self) -> Duration {
        Duration::from_millis(self.idle_ms)
    }
}

/// The certificate from files; both or neither.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// PEM, the leaf first.
    pub cert: Option<PathBuf>,
    /// PEM, unencrypted.
    pub key: Option<PathBuf>,
}

/// The certificate from an authority that speaks ACME (RFC 8555).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Acme {
    /// None is no ACME.
    pub domains: Vec<String>,
    /// An e-mail address.
    pub contact: Option<String>,
    /// An `https` URL.
    pub directory: String,
    /// PEM of what signs the directory's own certificate; `None` is what browsers trust.
    pub ca: Option<PathBuf>,
}

impl Default for Acme {
    fn default() -> Self {
        let directory = "https://acme-v02.api.letsencrypt.org/directory".to_owned();
        Self { domains: Vec::new(), contact: None, directory, ca: None }
    }
}

impl crate::Config {
    /// Whether connections on [`crate::Config::listen`] are TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.tls.cert.is_some() || !self.acme.domains.is_empty()
    }
}
