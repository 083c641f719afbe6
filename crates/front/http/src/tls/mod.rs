//! TLS 1.2 and 1.3 by rustls: one certificate at a time, which may be changed while connections come.

mod acme;
mod check;
mod files;
mod pair;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};

use arc_swap::ArcSwapOption;
use kontor_model::Clock;
use kontor_telemetry::metrics::{Counter, Gauge, counter, gauge};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub use acme::Acme;
pub use files::Files;
pub use pair::Pair;

const DAY_MS: i64 = 86_400_000;
/// Protocols in the order of preference (RFC 7301).
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];
/// What an authority asks for to see the certificate of a challenge (RFC 8737, 3).
const CHALLENGE: &[u8] = b"acme-tls/1";

/// The one crypto provider.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// What handshakes are answered with.
struct Certificates {
    current: ArcSwapOption<CertifiedKey>,
    /// By name, while an authority looks.
    challenges: RwLock<HashMap<String, Arc<CertifiedKey>>>,
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificates")
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if hello.alpn().is_some_and(|mut protocols| protocols.any(|protocol| protocol == CHALLENGE)) {
            let name = hello.server_name()?.to_ascii_lowercase();
            return self.challenges.read().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        }
        self.current.load_full()
    }
}

/// The TLS of a listener.
pub struct Tls {
    acceptor: TlsAcceptor,
    certificates: Arc<Certificates>,
    clock: Arc<dyn Clock>,
    /// What is known of the certificate in use.
    state: RwLock<State>,
    days: Gauge,
    failures: Counter,
}

#[derive(Debug, Clone, Default)]
struct State {
    /// Unix milliseconds; None while there is no certificate.
    expires_at: Option<i64>,
    /// Why the last new one is not in use.
    refused: Option<String>,
}

impl Tls {
    /// Without a certificate: until there is one, handshakes fail.
    ///
    /// # Errors
    /// The crypto provider's.
    pub fn new(clock: Arc<dyn Clock>) -> Result<Arc<Self>, String> {
        let certificates = Arc::new(Certificates { current: ArcSwapOption::empty(), challenges: RwLock::default() });
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|error| error.to_string())?
            .with_no_client_auth()
            .with_cert_resolver(certificates.clone());
        config.alpn_protocols = PROTOCOLS.iter().chain([&CHALLENGE]).map(|name| name.to_vec()).collect();
        config.ticketer = aws_lc_rs::Ticketer::new().map_err(|error| error.to_string())?;
        Ok(Arc::new(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            certificates,
            clock,
            state: RwLock::default(),
            days: gauge("tls_certificate_expires_days", "Whole days until the certificate in use expires.", &[]),
            failures: counter("tls_handshake_failures_total", "TLS handshakes that came to nothing.", &[]),
        }))
    }

    /// From now on handshakes are answered with this one.
    pub fn install(&self, pair: Pair) {
        {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            *state = State { expires_at: Some(pair.expires_at), refused: None };
        }
        self.certificates.current.store(Some(pair.key));
        self.look();
        tracing::info!(days = self.days.get(), "the TLS certificate is in use");
    }

    /// A new one cannot be used: what there was stays.
    fn refuse(&self, why: &str) {
        tracing::error!(why, "the new TLS certificate cannot be used; the one before stays");
        self.state.write().unwrap_or_else(PoisonError::into_inner).refused = Some(why.to_owned());
    }

    /// What was refused is gone again.
    fn forgive(&self) {
        self.state.write().unwrap_or_else(PoisonError::into_inner).refused = None;
    }

    /// Whole days that are left, for the metric. Looked at now and then: time goes on without anybody.
    fn look(&self) {
        if let Some(left) = self.left_ms() {
            self.days.set(left.div_euclid(DAY_MS));
        }
    }

    /// Milliseconds until it expires; negative when it has.
    fn left_ms(&self) -> Option<i64> {
        let expires_at = self.state.read().unwrap_or_else(PoisonError::into_inner).expires_at?;
        Some(expires_at - self.clock.now_ms())
    }

    fn refused(&self) -> Option<String> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).refused.clone()
    }

    fn set_challenge(&self, name: &str, key: Arc<CertifiedKey>) {
        let mut challenges = self.certificates.challenges.write().unwrap_or_else(PoisonError::into_inner);
        challenges.insert(name.to_ascii_lowercase(), key);
    }

    fn clear_challenges(&self) {
        self.certificates.challenges.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The handshake; None for an authority's, which is over with it.
    ///
    /// # Errors
    /// The other side's, or there is no certificate.
    pub async fn accept<T: AsyncRead + AsyncWrite + Unpin>(&self, socket: T) -> io::Result<Option<TlsStream<T>>> {
        match self.acceptor.accept(socket).await {
            Ok(stream) if stream.get_ref().1.alpn_protocol() == Some(CHALLENGE) => Ok(None),
            Ok(stream) => Ok(Some(stream)),
            Err(error) => {
                self.failures.increment();
                Err(error)
            }
        }
    }
}
