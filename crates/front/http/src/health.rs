//! `/healthz`, `/readyz`, `/metrics` (api.md 1).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::routing::get;
use futures::future::{BoxFuture, join_all};
use kontor_model::show::{write_int, write_string};

use crate::reply;
use crate::route::{Access, Mark, Route};

/// Longer than that, and a dependency is away.
const PATIENCE: Duration = Duration::from_secs(2);

const fn route(path: &'static str, operation: &'static str, mark: Mark, summary: &'static str) -> Route {
    Route::new("GET", path, operation, Access::Open, mark, summary).any_answer()
}

/// The routes of this file.
pub const ROUTES: &[Route] = &[
    route("/healthz", "health", Mark::Public, "200 while the process lives."),
    route(
        "/readyz",
        "readiness",
        Mark::Public,
        "Each dependency, and the loops of the process, with their state; 503 while one that is needed is away, a loop stands still or the process stops.",
    ),
    route("/metrics", "metrics", Mark::Private, "Metrics in the Prometheus text format."),
];

/// Asks one dependency; what it says when it is away goes to the log.
pub type Ask = Box<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// A dependency by its name.
pub struct Check {
    pub name: &'static str,
    pub ask: Ask,
}

/// Whether the process takes work.
#[derive(Default)]
pub struct Ready {
    checks: Vec<Check>,
    /// What the process does itself.
    own: Vec<Check>,
    /// Without these the process works on, with less.
    helpful: Vec<Check>,
    stopping: AtomicBool,
}

impl Ready {
    pub fn new(checks: Vec<Check>) -> Self {
        Self { checks, ..Self::default() }
    }

    /// Adds something that the process does itself: while it does not, `/readyz` answers 503.
    #[must_use]
    pub fn with_own(mut self, check: Check) -> Self {
        self.own.push(check);
        self
    }

    /// Adds a dependency that the process can do without: while it is away, `/readyz` says `degraded` and stays 200.
    #[must_use]
    pub fn helped_by(mut self, check: impl IntoIterator<Item = Check>) -> Self {
        self.helpful.extend(check);
        self
    }

    /// From now on `/readyz` answers 503.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Whether everything is there that an answer cannot do without.
    pub(crate) async fn works(&self) -> bool {
        join_all(self.checks.iter().map(|check| (check.ask)())).await.iter().all(Result::is_ok)
    }

    async fn answer(&self) -> Response<Body> {
        let stopping = self.stopping.load(Ordering::SeqCst);
        let required = self.checks.iter().chain(&self.own).map(|check| (check, "error"));
        let helpful = self.helpful.iter().map(|check| (check, "degraded"));
        let asked = join_all(required.chain(helpful).map(|(check, away)| async move {
            let start = Instant::now();
            let answer = tokio::time::timeout(PATIENCE, (check.ask)())
                .await
                .unwrap_or_else(|_| Err("no answer in time".to_owned()));
            // What only helps says itself that it is away, once.
            if let Err(cause) = &answer
                && away == "error"
            {
                tracing::warn!(dependency = check.name, cause, "what is needed is not there");
            }
            (check.name, if answer.is_ok() { "ok" } else { away }, start.elapsed())
        }))
        .await;
        let well = !stopping && asked.iter().all(|(_, state, _)| *state != "error");
        let degraded = asked.iter().any(|(_, state, _)| *state == "degraded");
        let mut out = Vec::with_capacity(128);
        out.extend_from_slice(b"{\"status\":");
        write_string(
            if stopping {
                "stopping"
            } else if !well {
                "error"
            } else if degraded {
                "degraded"
            } else {
                "ok"
            },
            &mut out,
        );
        out.extend_from_slice(b",\"checks\":{");
        for (i, (name, state, took)) in asked.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            write_string(name, &mut out);
            out.extend_from_slice(b":{\"status\":");
            write_string(state, &mut out);
            out.extend_from_slice(b",\"latency_us\":");
            write_int(i64::try_from(took.as_micros()).unwrap_or(i64::MAX), &mut out);
            out.push(b'}');
        }
        out.extend_from_slice(b"}}");
        let mut response = reply::json(if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, out);
        if !well {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// The handlers.
pub fn router(ready: Arc<Ready>) -> Router {
    Router::new()
        .route("/healthz", get(async || reply::json(StatusCode::OK, b"{\"status\":\"ok\"}".to_vec())))
        .route("/readyz", get(async move || ready.answer().await))
        .route("/metrics", get(async || metrics()))
}

fn metrics() -> Response<Body> {
    let mut response = Response::new(Body::from(kontor_telemetry::metrics::render()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"));
    response
}
