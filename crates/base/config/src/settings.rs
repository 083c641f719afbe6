//! The settings as types. What each one means is said in `kontor.default.toml`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Acme, Alerts, Cache, Cidr, Connections, Jobs, Overload, Rate, SecretText, SecretUrl, Sweeps, Tls};

/// All settings of a process, checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `postgres://…`; `None` is SQLite inside [`Config::data`].
    pub database_url: Option<SecretUrl>,
    pub redis_url: Option<SecretUrl>,
    pub broker_url: Option<SecretUrl>,
    pub listen: SocketAddr,
    pub internal_listen: Option<SocketAddr>,
    /// Without a slash at the end it is the issuer; `None` is `http://`, or `https://` with TLS, and the address listened on.
    pub public_url: Option<SecretUrl>,
    pub data: PathBuf,
    /// 64 hexadecimal digits; `None` is the file `master.key` in [`Config::data`].
    pub master_key: Option<SecretText>,
    pub egress_allow: Vec<Cidr>,
    pub trusted_proxies: Vec<Cidr>,
    pub limits: bool,
    pub log: Log,
    pub otel: Otel,
    pub database: Database,
    pub sqlite: Sqlite,
    pub request: Request,
    pub connections: Connections,
    pub tls: Tls,
    pub acme: Acme,
    pub shutdown: Shutdown,
    pub oauth: OAuth,
    pub rate: Rate,
    pub overload: Overload,
    pub sweeps: Sweeps,
    pub alerts: Alerts,
    pub jobs: Jobs,
    pub cache: Cache,
    pub mail: Mail,
    pub workspace: Workspace,
    pub versions: Versions,
    pub events: Events,
    pub webhooks: Webhooks,
    pub request_log: RequestLog,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database_url: None,
            redis_url: None,
            broker_url: None,
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
            internal_listen: None,
            public_url: None,
            data: PathBuf::from("./data"),
            master_key: None,
            egress_allow: Vec::new(),
            trusted_proxies: Vec::new(),
            limits: true,
            log: Log::default(),
            otel: Otel::default(),
            database: Database::default(),
            sqlite: Sqlite::default(),
            request: Request::default(),
            connections: Connections::default(),
            tls: Tls::default(),
            acme: Acme::default(),
            shutdown: Shutdown::default(),
            oauth: OAuth::default(),
            rate: Rate::default(),
            overload: Overload::default(),
            sweeps: Sweeps::default(),
            alerts: Alerts::default(),
            jobs: Jobs::default(),
            cache: Cache::default(),
            mail: Mail::default(),
            workspace: Workspace::default(),
            versions: Versions::default(),
            events: Events::default(),
            webhooks: Webhooks::default(),
            request_log: RequestLog::default(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    /// A level, or `level,module=level,…`; see [`crate::Kind::LogLevel`].
    pub level: String,
    pub access: AccessTarget,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Auto, level: "info".to_owned(), access: AccessTarget::Stdout }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Json,
    Text,
    /// Text on a terminal, JSON otherwise.
    Auto,
}

/// Where the request log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessTarget {
    Stdout,
    Stderr,
    Off,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Otel {
    pub endpoint: Option<SecretUrl>,
    /// 0 to 100.
    pub sample_percent: u8,
}

impl Default for Otel {
    fn default() -> Self {
        Self { endpoint: None, sample_percent: 100 }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    pub pool_size: u32,
    /// 0 is one per core.
    pub readers: u32,
    pub statement_timeout_ms: u64,
    pub prepare: bool,
    pub row_security: RowSecurity,
    /// `[a-z0-9_]`, at most 63.
    pub role: String,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            pool_size: 16,
            readers: 0,
            statement_timeout_ms: 10_000,
            prepare: true,
            row_security: RowSecurity::Auto,
            role: "kontor_app".to_owned(),
        }
    }
}

/// Whether PostgreSQL itself keeps spaces apart, behind the statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RowSecurity {
    /// Where the login may use [`Database::role`].
    Auto,
    Require,
    Off,
}

impl Database {
    /// `None` is no limit.
    #[must_use]
    pub fn statement_timeout(&self) -> Option<Duration> {
        (self.statement_timeout_ms > 0).then(|| Duration::from_millis(self.statement_timeout_ms))
    }

    /// The number of reading connections, with 0 resolved to the number of cores.
    #[must_use]
    pub fn reader_count(&self) -> usize {
        match usize::try_from(self.readers) {
            Ok(0) | Err(_) => std::thread::available_parallelism().map_or(1, usize::from),
            Ok(given) => given,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sqlite {
    pub mmap_bytes: u64,
    /// Per connection.
    pub cache_bytes: u64,
}

impl Default for Sqlite {
    fn default() -> Self {
        Self { mmap_bytes: 256 << 20, cache_bytes: 16 << 20 }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    pub timeout_ms: u64,
    pub body_limit_bytes: usize,
    pub upload_limit_bytes: u64,
    pub header_limit_bytes: usize,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            timeout_ms: 30_000,
            body_limit_bytes: 1 << 20,
            upload_limit_bytes: 1 << 30,
            header_limit_bytes: 32 << 10,
        }
    }
}

impl Request {
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shutdown {
    pub grace_ms: u64,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self { grace_ms: 10_000 }
    }
}

impl Shutdown {
    #[must_use]
    pub fn grace(&self) -> Duration {
        Duration::from_millis(self.grace_ms)
    }
}

/// The authorization server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OAuth {
    pub dynamic_registration: bool,
}

impl Default for OAuth {
    fn default() -> Self {
        Self { dynamic_registration: true }
    }
}

/// Mail that leaves the house.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// `smtp://` or `smtps://`; `None` holds all mail.
    pub smtp_url: Option<SecretUrl>,
    /// RFC 5322, 3.4.
    pub from: String,
    /// 0 is no limit.
    pub per_minute: u32,
    pub bulk_per_minute: u32,
    pub keep_days: u32,
    /// The three of them, or none.
    pub dkim_domain: Option<String>,
    pub dkim_selector: Option<String>,
    pub dkim_key_file: Option<PathBuf>,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            smtp_url: None,
            from: "Kontor <kontor@localhost>".to_owned(),
            per_minute: 600,
            bulk_per_minute: 300,
            keep_days: 90,
            dkim_domain: None,
            dkim_selector: None,
            dkim_key_file: None,
        }
    }
}

/// What a new workspace starts with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Workspace {
    /// ISO 3166-1 alpha-2.
    pub mobile_region: String,
    /// ISO 3166-1 alpha-2.
    pub phone_region: String,
    /// ISO 4217.
    pub currency: String,
    /// IANA name.
    pub time_zone: String,
}

impl Default for Workspace {
    fn default() -> Self {
        Self {
            mobile_region: "CN".to_owned(),
            phone_region: "CN".to_owned(),
            currency: "EUR".to_owned(),
            time_zone: "UTC".to_owned(),
        }
    }
}

/// What a version on its way out says of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Versions {
    /// RFC 3339.
    pub v1_deprecated_at: Option<String>,
    /// RFC 3339.
    pub v1_sunset_at: Option<String>,
}

/// The event log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Events {
    pub days: u32,
}

impl Default for Events {
    fn default() -> Self {
        Self { days: 30 }
    }
}

/// Events that are sent to other systems.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhooks {
    pub first_retry_ms: u64,
    pub timeout_ms: u64,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self { first_retry_ms: 5_000, timeout_ms: 15_000 }
    }
}

/// The request log that callers read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RequestLog {
    pub enabled: bool,
    pub days: u32,
}

impl Default for RequestLog {
    fn default() -> Self {
        Self { enabled: true, days: 7 }
    }
}
