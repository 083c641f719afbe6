//! Metrics: atomics that are registered once and rendered as Prometheus text.
//!
//! Register a handle when a route, a job or a pool is made, keep it, and count with it: counting is one atomic
//! addition. Label values must come from a closed set (route templates, never paths).
//!
//! | metric | labels |
//! | --- | --- |
//! | `http_requests_total` | route, method, status |
//! | `http_request_duration_seconds` | route |
//! | `http_requests_in_flight` | |
//! | `db_duration_seconds` | store, verb |
//! | `jobs_total` | kind, outcome |
//! | `jobs_duration_seconds` | kind |
//! | `jobs_waiting` | kind |
//! | `log_lines_dropped_total` | |
//! | `http_connections` | |
//! | `http_connections_closed_total` | reason |
//! | `tls_certificate_expires_days` | |
//! | `tls_handshake_failures_total` | |
//! | `rate_limit_refusals_total` | limit |
//! | `rate_limit_redis_away` | |
//! | `request_log_lines_dropped_total` | |
//! | `overload_limit`, `overload_in_flight`, `overload_queued` | kind |
//! | `overload_shed_total` | kind |
//! | `cache_answers_total` | from |
//! | `kontor_build_info` | version, revision |
//! | `process_*` (Linux) | |

mod handles;
mod http;
mod jobs;
mod process;
mod registry;

pub use handles::{Counter, Gauge, Histogram};
pub use http::{HttpRoute, http_in_flight};
pub use jobs::JobKind;
pub use registry::Registry;

static GLOBAL: Registry = Registry::new();

/// The metrics of this process.
#[must_use]
pub fn global() -> &'static Registry {
    &GLOBAL
}

/// A counter of this process; see [`Registry::counter`].
#[must_use]
pub fn counter(name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> Counter {
    GLOBAL.counter(name, help, labels)
}

/// A gauge of this process; see [`Registry::gauge`].
#[must_use]
pub fn gauge(name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> Gauge {
    GLOBAL.gauge(name, help, labels)
}

/// A histogram of durations of this process; see [`Registry::histogram`].
#[must_use]
pub fn histogram(name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> Histogram {
    GLOBAL.histogram(name, help, labels)
}

/// How long the store takes: `store` is sqlite or postgres, `verb` is select or commit.
#[must_use]
pub fn db_duration(store: &str, verb: &str) -> Histogram {
    histogram("db_duration_seconds", "Time spent in the store.", &[("store", store), ("verb", verb)])
}

/// Says which build runs.
pub fn build_info(version: &str, revision: &str) {
    gauge("kontor_build_info", "The build that runs; always 1.", &[("version", version), ("revision", revision)])
        .set(1);
}

/// All metrics of this process in the Prometheus text format, version 0.0.4
/// (`Content-Type: text/plain; version=0.0.4; charset=utf-8`).
#[must_use]
pub fn render() -> String {
    let mut text = GLOBAL.render();
    process::render(&mut text);
    text
}
