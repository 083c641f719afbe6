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
/// Requests a second and bursts of a limit; 0 is none.
const RATE: Kind = Kind::Number { min: 0, max: 100_000 };

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
    key(
        "database.row_security",
        Kind::Choice(&["auto", "require", "off"]),
        "Whether PostgreSQL itself keeps spaces apart, behind the statements.",
    ),
    key("database.role", Kind::Name, "PostgreSQL role that statements run as; made when it is not there."),
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
    key("connections.most", Kind::Number { min: 16, max: 1 << 20 }, "Connections of one listener at most."),
    key(
        "connections.per_address",
        Kind::Number { min: 0, max: 1 << 20 },
        "Connections from one address (IPv6: one /64); 0 is no limit.",
    ),
    key(
        "connections.idle_ms",
        Kind::Number { min: 1_000, max: MAX_MS },
        "Milliseconds that a connection may be without a request.",
    ),
    key("tls.cert", Kind::Path, "Certificate chain in PEM, the leaf first; with `tls.key`."),
    key("tls.key", Kind::Path, "Private key of the certificate, in PEM."),
    key("acme.domains", Kind::Domains, "Names that a certificate is got for by ACME (RFC 8555)."),
    key("acme.contact", Kind::Email, "Address that the authority writes to."),
    key("acme.directory", Kind::Url(&["https"]), "Directory of the authority."),
    key("acme.ca", Kind::Path, "What signs the directory's own certificate, in PEM."),
    key("shutdown.grace_ms", Kind::Number { min: 0, max: MAX_MS }, "Milliseconds given to work under way at SIGTERM."),
    key("oauth.dynamic_registration", Kind::Switch, "Whether applications may register themselves (RFC 7591)."),
    key("rate.key_per_second", RATE, "Requests a second that one credential may send for long; 0 is no limit."),
    key("rate.key_burst", RATE, "Requests that one credential may send at once."),
    key(
        "rate.key_per_day",
        Kind::Number { min: 0, max: 1 << 40 },
        "Requests that one credential may send in a day of UTC; 0 is no limit.",
    ),
    key("rate.space_per_second", RATE, "Requests a second of all credentials of a space together; 0 is no limit."),
    key("rate.space_burst", RATE, "Requests that all credentials of a space may send at once."),
    key("rate.ip_per_second", RATE, "Requests a second from one address (IPv6: one /64); 0 is no limit."),
    key("rate.ip_burst", RATE, "Requests that may come from one address at once."),
    key("rate.ip_failures", RATE, "Bad credentials in a minute after which an address is refused; 0 is no limit."),
    key("rate.sign_in_per_second", RATE, "Requests a second from one address to the sign-in pages; 0 is no limit."),
    key("rate.sign_in_burst", RATE, "Requests from one address to the sign-in pages at once."),
    key("rate.token_per_second", RATE, "Requests a second from one address to the token endpoints; 0 is no limit."),
    key("rate.token_burst", RATE, "Requests from one address to the token endpoints at once."),
    key("rate.search_per_second", RATE, "Searches and aggregates a second of one credential; 0 is no limit."),
    key("rate.search_burst", RATE, "Searches and aggregates of one credential at once."),
    key(
        "rate.bulk_per_second",
        RATE,
        "Batches, composites, imports and exports a second of one credential; 0: no limit.",
    ),
    key("rate.bulk_burst", RATE, "Batches, composites, imports and exports of one credential at once."),
    key("rate.metadata_per_second", RATE, "Changes of metadata a second of one credential; 0 is no limit."),
    key("rate.metadata_burst", RATE, "Changes of metadata of one credential at once."),
    key(
        "rate.heavy_cost",
        Kind::Number { min: 1, max: 1_000 },
        "What a batch, a composite, an aggregate, an import or an export counts.",
    ),
    key("overload.enabled", Kind::Switch, "A limit of requests at once that follows how long they take."),
    key("overload.min", Kind::Number { min: 1, max: 100_000 }, "Least number of reads, and of changes, at once."),
    key("overload.max", Kind::Number { min: 1, max: 100_000 }, "Greatest number of reads, and of changes, at once."),
    key(
        "overload.target_ms",
        Kind::Number { min: 1, max: MAX_MS },
        "Milliseconds that a request should take at most; when more than one in ten takes longer, fewer are let in.",
    ),
    key("overload.queue", Kind::Number { min: 0, max: 1_000_000 }, "Requests that may wait for their turn."),
    key("overload.wait_ms", Kind::Number { min: 1, max: MAX_MS }, "Milliseconds that a request may wait for its turn."),
    key(
        "sweeps.every_seconds",
        Kind::Number { min: 0, max: 86_400 },
        "Seconds between two looks for what is due (overdue invoices, clocks of tickets); 0 leaves it to each service.",
    ),
    key(
        "alerts.queue_stale_seconds",
        Kind::Number { min: 10, max: 86_400 },
        "Seconds that what is due in a queue may wait before administrators are told.",
    ),
    key(
        "jobs.slots",
        Kind::Number { min: 1, max: 256 },
        "Imports, exports and other jobs at the same time in this process.",
    ),
    key(
        "jobs.per_workspace",
        Kind::Number { min: 0, max: 4_096 },
        "Jobs of one workspace at the same time in all processes; 0 leaves one slot of each process to the others.",
    ),
    key(
        "cache.bytes",
        Kind::Number { min: 0, max: MAX_BYTES },
        "Bytes of answers to reads that are kept; 0 keeps none.",
    ),
    key(
        "cache.stale_ms",
        Kind::Number { min: 0, max: 3_600_000 },
        "Milliseconds that a kept answer may be old when the database is away or there is no room; 0 is never.",
    ),
    key("mail.smtp_url", Kind::Url(&["smtp", "smtps"]), "Server that mail is handed to; left out, mail is held."),
    key("mail.from", Kind::Mailbox, "Sender of mail."),
    key("mail.per_minute", Kind::Number { min: 0, max: 1_000_000 }, "Mails a minute at most; 0 is no limit."),
    key("mail.bulk_per_minute", Kind::Number { min: 0, max: 1_000_000 }, "Mass mails among them; 0 is no limit."),
    key("mail.keep_days", Kind::Number { min: 1, max: 3_650 }, "Days that sent mail is kept in the outbox."),
    key("mail.dkim_domain", Kind::Domain, "Domain that signs mail (DKIM, RFC 6376)."),
    key("mail.dkim_selector", Kind::Domain, "Where in the domain's DNS the public key is."),
    key("mail.dkim_key_file", Kind::Path, "Private key that signs mail, in PEM: RSA or Ed25519."),
    key("workspace.mobile_region", Kind::Region, "Country whose mobile number format customers must have."),
    key("workspace.phone_region", Kind::Region, "Country of a telephone number without a country code."),
    key("workspace.currency", Kind::Currency, "Currency of amounts that name none."),
    key("workspace.time_zone", Kind::TimeZone, "Time zone of days and months."),
    key("versions.v1_deprecated_at", Kind::Moment, "Moment from which on version 1 is deprecated (RFC 9745)."),
    key("versions.v1_sunset_at", Kind::Moment, "Moment at which version 1 is to end (RFC 8594)."),
    key("events.days", Kind::Number { min: 1, max: 3_650 }, "Days that events are kept in the log."),
    key(
        "webhooks.first_retry_ms",
        Kind::Number { min: 1, max: 3_600_000 },
        "Milliseconds until a message is tried again for the first time; the later pauses keep their proportion to it.",
    ),
    key(
        "webhooks.timeout_ms",
        Kind::Number { min: 100, max: 60_000 },
        "Milliseconds that a webhook endpoint may take to answer.",
    ),
    key("request_log.enabled", Kind::Switch, "Finished requests are kept for GET /v1/request_logs."),
    key("request_log.days", Kind::Number { min: 1, max: 90 }, "Days that finished requests are kept."),
];
