//! The table of settings.

use crate::Kind;

/// One setting.
#[derive(Debug)]
pub struct Key {
    /// Dotted: `log.level`.
    pub name: &'static str,
    pub kind: Kind,
    /// One sentence for the JSON schema and for messages.
    pub about: &'static str,
}

impl Key {
    /// The environment variable: `KONTOR_LOG_LEVEL` for `log.level`.
    #[must_use]
    pub fn env(&self) -> String {
        format!("KONTOR_{}", self.name.replace('.', "_").to_ascii_uppercase())
    }
}

const MAX_MS: u64 = 86_400_000;
const MAX_BYTES: u64 = 1 << 44;

const fn key(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { name, kind, about }
}

/// Every setting there is, in the order of `kontor.default.toml`.
pub const KEYS: &[Key] = &[
    key("database_url", Kind::Url(&["postgres", "postgresql"]), "PostgreSQL; left out, SQLite inside `data`."),
    key("redis_url", Kind::Url(&["redis", "rediss"]), "Redis for shared limits, cache and sessions."),
    key("broker_url", Kind::Url(&["nats", "tls", "amqp", "amqps", "kafka"]), "Broker that carries events."),
    key("listen", Kind::Socket, "Address and port to listen on."),
    key("internal_listen", Kind::Socket, "Second listener for private routes and /metrics."),
    key(
        "public_url",
        Kind::Url(&["http", "https"]),
        "Address that clients know this installation by; the OAuth issuer.",
    ),
    key("data", Kind::Path, "Folder of the database, files, keys and backups."),
    key("master_key", Kind::Secret, "Key that seals secrets at rest; left out, a file in `data`."),
    key("egress_allow", Kind::Cidrs, "Networks that outbound calls may reach besides the public internet."),
    key("trusted_proxies", Kind::Cidrs, "Proxies whose X-Forwarded-For is believed."),
    key("limits", Kind::Switch, "Rate limits and daily quotas."),
    key("log.format", Kind::Choice(&["json", "text", "auto"]), "Format of the logs."),
    key("log.level", Kind::LogLevel, "Least level that is logged, overall or by module."),
    key("log.access", Kind::Choice(&["stdout", "stderr", "off"]), "Where the request log goes."),
    key("otel.endpoint", Kind::Url(&["http"]), "OpenTelemetry collector, OTLP over HTTP."),
    key("otel.sample_percent", Kind::Number { min: 0, max: 100 }, "Share of own traces that is sent, in percent."),
    key("database.pool_size", Kind::Number { min: 1, max: 10_000 }, "PostgreSQL connections of one process at most."),
    key("database.readers", Kind::Number { min: 0, max: 1_024 }, "SQLite reading connections; 0 is one per core."),
    key("database.statement_timeout_ms", Kind::Number { min: 0, max: MAX_MS }, "Milliseconds; 0 is never."),
    key("database.prepare", Kind::Switch, "Prepared statements; off behind a pooler in transaction mode."),
    key("sqlite.mmap_bytes", Kind::Number { min: 0, max: MAX_BYTES }, "Bytes mapped into memory; 0 is none."),
    key("sqlite.cache_bytes", Kind::Number { min: 65_536, max: MAX_BYTES }, "Bytes of page cache per connection."),
    key("request.timeout_ms", Kind::Number { min: 1, max: MAX_MS }, "Milliseconds after which a request is given up."),
    key("request.body_limit_bytes", Kind::Number { min: 1_024, max: 1 << 31 }, "Bytes a request body may have."),
    key(
        "request.upload_limit_bytes",
        Kind::Number { min: 1_024, max: MAX_BYTES },
        "Bytes an import or a file may have.",
    ),
    key(
        "request.header_limit_bytes",
        Kind::Number { min: 8_192, max: 1 << 20 },
        "Bytes all headers may have together.",
    ),
    key("shutdown.grace_ms", Kind::Number { min: 0, max: MAX_MS }, "Milliseconds given to work under way at SIGTERM."),
    key("oauth.dynamic_registration", Kind::Switch, "Whether applications may register themselves (RFC 7591)."),
    key("workspace.mobile_region", Kind::Region, "Country whose mobile number format customers must have."),
    key("workspace.phone_region", Kind::Region, "Country of a telephone number without a country code."),
    key("workspace.currency", Kind::Currency, "Currency of amounts that name none."),
    key("workspace.time_zone", Kind::TimeZone, "Time zone of days and months."),
];
