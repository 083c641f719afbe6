//! What a connection is made of: the URL's parts, TLS and limits.

use std::sync::Arc;
use std::time::Duration;

use kontor_store::StoreError;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Today's disks read anywhere about as quickly as in a row; with the default of 4 the planner reads whole tables where
/// an index has it all (count by stage over 1,000,000 records: 319 ms against 183 ms).
const PLANNER: &str = "-c random_page_cost=1.1";

/// Whether row security stands behind the space that every statement names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RowSecurity {
    /// Where the login can run statements as a role without rights of its own; elsewhere it is said that it does not.
    #[default]
    Auto,
    /// Without such a role, policies are forced on the login; where that is not possible either, nothing is opened.
    Require,
    /// Policies are taken out of force.
    Off,
}

/// How to reach and use the database.
#[derive(Clone)]
pub struct PostgresOptions {
    /// `postgres://user:password@host:port/database?sslmode=…&sslrootcert=…`. `sslmode` is `disable`, `prefer`,
    /// `require`, `verify-ca` or `verify-full`; certificates and host names are checked by all that use TLS.
    /// Without it: `disable` on this machine, else `prefer`.
    pub url: String,
    /// Connections for slow questions.
    pub pool_size: usize,
    /// Connections that quick questions share.
    pub pipelined: usize,
    /// Group writers, one connection each.
    pub writers: usize,
    /// Longest time of one statement; also, of a commit.
    pub statement_timeout: Duration,
    /// Longest wait for a connection or for a turn to write.
    pub acquire_timeout: Duration,
    /// Off for poolers in transaction mode: only unnamed statements are used.
    pub prepare: bool,
    pub row_security: RowSecurity,
    /// The role that statements run as; made when it is not there. Roles are the cluster's: installations that share
    /// one have a role each.
    pub role: String,
}

impl PostgresOptions {
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            pool_size: 16,
            pipelined: 4,
            writers: 2,
            statement_timeout: Duration::from_secs(10),
            acquire_timeout: Duration::from_secs(5),
            prepare: true,
            row_security: RowSecurity::Auto,
            role: "kontor_app".to_owned(),
        }
    }

    /// What every connection is made with.
    ///
    /// # Errors
    /// [`StoreError::Internal`] for a URL or certificates that cannot be read; the URL, which holds a password, is
    /// not repeated.
    pub(crate) fn target(&self) -> Result<Target, StoreError> {
        let Parts { url, mode, root } = parts(&self.url);
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            StoreError::Internal(format!(
                "the database URL cannot be read: {}",
                cause.unwrap_or_else(|| error.to_string())
            ))
        })?;
        match mode.as_deref() {
            Some("disable") => config.ssl_mode(SslMode::Disable),
            Some("prefer" | "allow") => config.ssl_mode(SslMode::Prefer),
            Some("require" | "verify-ca" | "verify-full") => config.ssl_mode(SslMode::Require),
            Some(other) => return Err(StoreError::Internal(format!("sslmode={other} is not known"))),
            None if config.get_hosts().iter().all(is_local) => config.ssl_mode(SslMode::Disable),
            None => config.ssl_mode(SslMode::Prefer),
        };
        config
            .connect_timeout(self.acquire_timeout)
            .keepalives_idle(Duration::from_secs(30))
            .tcp_user_timeout(Duration::from_secs(15));
        if config.get_application_name().is_none() {
            config.application_name("kontor");
        }
        // A pooler in transaction mode refuses or ignores what it does not know at the start of a connection.
        if self.prepare && config.get_options().is_none() {
            config.options(PLANNER);
        }
        let tls = tls(config.get_ssl_mode() != SslMode::Disable, root.as_deref())?;
        Ok(Target { config, tls, session: None })
    }
}

/// Where connections go.
#[derive(Clone)]
pub struct Target {
    pub config: Config,
    pub tls: MakeRustlsConnect,
    /// What connections for reads and commits begin with; others work as the login.
    pub session: Option<Arc<str>>,
}

struct Parts {
    url: String,
    mode: Option<String>,
    root: Option<String>,
}

/// Takes out what the driver does not know.
fn parts(url: &str) -> Parts {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let (mut mode, mut root, mut rest) = (None, None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value.to_owned()),
            Some(("sslrootcert", value)) => root = Some(value.replace("%2F", "/")),
            _ => rest.push(pair),
        }
    }
    let url = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
    Parts { url, mode, root }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// A TLS client of the machine's own roots, or of `root` alone. The provider is named here, so that it does not
/// depend on what else is linked.
fn tls(wanted: bool, root: Option<&str>) -> Result<MakeRustlsConnect, StoreError> {
    let mut roots = rustls::RootCertStore::empty();
    match root.filter(|_| wanted) {
        Some(path) => {
            let unreadable =
                |error: &dyn std::fmt::Display| StoreError::Internal(format!("sslrootcert {path}: {error}"));
            for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))? {
                let certificate = certificate.map_err(|error| unreadable(&error))?;
                roots.add(certificate).map_err(|error| unreadable(&error))?;
            }
        }
        None if wanted => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        None => {}
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::Internal(format!("TLS: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> Result<SslMode, StoreError> {
        PostgresOptions::new(url).target().map(|target| target.config.get_ssl_mode())
    }

    #[test]
    fn tls_is_what_the_url_asks_for() {
        assert_eq!(mode("postgres://a@127.0.0.1/x"), Ok(SslMode::Disable));
        assert_eq!(mode("postgres://a@db.example/x"), Ok(SslMode::Prefer));
        assert_eq!(mode("postgres://a@db.example/x?sslmode=disable"), Ok(SslMode::Disable));
        assert_eq!(mode("postgres://a@localhost/x?sslmode=verify-full&connect_timeout=3"), Ok(SslMode::Require));
        assert!(mode("postgres://a@localhost/x?sslmode=maybe").is_err());
        let error = mode("postgres://a:secret@localhost/x?nonsense=1").unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
        assert!(mode("postgres://a@localhost/x?sslmode=require&sslrootcert=/does/not/exist").is_err());
    }
}
