//! The request log that callers read (`GET /v1/request_logs`): every finished request of a known caller, written in
//! batches behind the answers. The way of a request never waits for it: a line that finds the queue full is dropped and
//! counted in `request_log_lines_dropped_total`.

mod mask;
mod writer;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::http::Method;
use bytes::Bytes;
use kontor_model::{ApiVersion, ErrorCode, Id, IdGenerator, SpaceId};
use kontor_store::Store;
use kontor_telemetry::metrics::{Counter, counter};
use tokio::sync::mpsc;

pub use mask::{MASKED, masked};
pub use writer::{Writer, sweep};

/// Lines that wait at most.
const QUEUE: usize = 8_192;
/// Paths that are about the server and not about data.
const LEFT_OUT: &[&str] = &["/healthz", "/readyz", "/metrics", "/docs", "/openapi", "/asyncapi"];

/// A finished request.
#[derive(Debug)]
pub struct Line {
    pub space: SpaceId,
    /// Unix milliseconds.
    pub at: i64,
    pub request_id: Arc<str>,
    pub credential: Id,
    pub user: Option<Id>,
    /// Who acts in the user's name.
    pub impersonator: Option<Id>,
    pub version: Option<ApiVersion>,
    pub method: Method,
    /// The template.
    pub route: Arc<str>,
    pub status: u16,
    pub error: Option<ErrorCode>,
    pub duration: Duration,
    pub db_ms: f64,
    pub retries: u32,
    pub downstream: Option<&'static str>,
    /// As they were sent; the writer masks them, and keeps those of sandboxes only.
    pub request_body: Option<Bytes>,
    pub response_body: Option<Bytes>,
}

/// Where the door leaves finished requests.
pub struct RequestLog {
    sender: mpsc::Sender<Line>,
    dropped: Counter,
    /// Whether a space is a sandbox; spaces do not change their kind.
    sandboxes: RwLock<HashMap<SpaceId, bool>>,
}

/// Whether requests of a route are kept.
pub fn keeps(template: &str) -> bool {
    !LEFT_OUT.iter().any(|left_out| template.starts_with(left_out))
}

impl RequestLog {
    /// The log and its writer, which has to be run; it ends when the log is gone.
    pub fn new(store: Arc<dyn Store>, ids: Arc<IdGenerator>) -> (Arc<Self>, Writer) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let dropped =
            counter("request_log_lines_dropped_total", "Finished requests that the request log has lost.", &[]);
        let log = Arc::new(Self { sender, dropped, sandboxes: RwLock::default() });
        let writer = Writer::new(store, ids, receiver, Arc::downgrade(&log));
        (log, writer)
    }

    /// Takes a line, or counts it as dropped; never waits.
    pub fn push(&self, line: Line) {
        if self.sender.try_send(line).is_err() {
            self.dropped.increment();
        }
    }

    /// Whether the bodies of a space's requests may be kept; true for a space that the writer has not looked up yet.
    pub fn may_keep_bodies(&self, space: SpaceId) -> bool {
        self.sandbox(space).unwrap_or(true)
    }

    fn sandbox(&self, space: SpaceId) -> Option<bool> {
        self.sandboxes.read().unwrap_or_else(PoisonError::into_inner).get(&space).copied()
    }

    fn learn(&self, spaces: impl IntoIterator<Item = (SpaceId, bool)>) {
        self.sandboxes.write().unwrap_or_else(PoisonError::into_inner).extend(spaces);
    }
}
