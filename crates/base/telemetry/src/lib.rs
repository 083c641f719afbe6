//! What a Kontor process says about itself: events, the request log, metrics, traces.
//!
//! - Events (`tracing`) go to stderr, as text or JSON, filtered by `log.level`.
//! - The request log ([`access`]) has one line per request and goes to `log.access`, written by a thread of its own.
//! - [`metrics`] are atomics that are registered once and rendered as Prometheus text.
//! - Spans go to an OpenTelemetry collector when `otel.endpoint` is set and the binary was built with
//!   `--features kontor-telemetry/otel`; [`TraceContext`] reads `traceparent` in any build.
//!
//! No control character of a logged value reaches a log raw, so a value can forge no line and drive no terminal.

pub mod access;
mod escape;
pub mod metrics;
#[cfg(feature = "otel")]
mod otel;
mod panic;
mod sink;
mod stderr;
mod trace;

use std::io::IsTerminal;

use kontor_config::{Config, LogFormat};
use tracing_subscriber::filter::{EnvFilter, LevelFilter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

pub use trace::TraceContext;

use access::AccessLog;

/// Keeps telemetry running. Dropping it writes what is still buffered, for two seconds at most.
#[must_use = "dropping the guard ends the request log"]
pub struct Guard {
    access: AccessLog,
    #[cfg(feature = "otel")]
    otel: Option<otel::Exporter>,
}

impl Guard {
    /// The request log; clones are cheap and write to the same place.
    #[must_use]
    pub fn access(&self) -> AccessLog {
        self.access.clone()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.access.close();
        #[cfg(feature = "otel")]
        if let Some(exporter) = &self.otel {
            exporter.shut_down();
        }
    }
}

/// Starts telemetry for the process. A second call in the same process (as in tests) keeps the first subscriber and
/// gives a request log of its own.
pub fn init(config: &Config) -> Guard {
    #[cfg(feature = "otel")]
    let exporter =
        config.otel.endpoint.as_ref().map(|endpoint| otel::Exporter::new(endpoint, config.otel.sample_percent));

    let layers: Vec<Box<dyn Layer<Registry> + Send + Sync>> = vec![
        events(config),
        #[cfg(feature = "otel")]
        Box::new(exporter.as_ref().and_then(|made| made.as_ref().ok()).map(otel::Exporter::layer)),
    ];
    // The level was checked with the configuration; `info` is for one made by hand.
    let filter =
        EnvFilter::try_new(&config.log.level).unwrap_or_else(|_| EnvFilter::new(LevelFilter::INFO.to_string()));
    if tracing_subscriber::registry().with(layers).with(filter).try_init().is_ok() {
        panic::log_panics();
    }

    let access = AccessLog::open(config).unwrap_or_else(|cause| {
        tracing::error!(%cause, "the request log cannot be started and is off");
        AccessLog::off()
    });
    #[cfg(not(feature = "otel"))]
    if config.otel.endpoint.is_some() {
        tracing::warn!(
            "otel.endpoint is set, but this binary cannot export spans; build it with --features kontor-telemetry/otel"
        );
    }
    Guard {
        access,
        #[cfg(feature = "otel")]
        otel: exporter.and_then(|made| {
            made.inspect_err(|cause| tracing::warn!(%cause, "spans are not exported: otel.endpoint cannot be used"))
                .ok()
        }),
    }
}

fn events(config: &Config) -> Box<dyn Layer<Registry> + Send + Sync> {
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(stderr::Stderr);
    if is_json(config.log.format, &std::io::stderr()) {
        layer.json().flatten_event(true).with_span_list(false).boxed()
    } else {
        layer.boxed()
    }
}

pub(crate) fn is_json(format: LogFormat, stream: &impl IsTerminal) -> bool {
    match format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !stream.is_terminal(),
    }
}
