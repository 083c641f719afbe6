//! Step 2: one line of the request log and one count of the metrics for every request, also for one whose caller went
//! away before the answer (status 499).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, Response};
use bytes::Bytes;
use hyper::body::Body as _;
use kontor_model::{Clock, ErrorCode, show::digits};
use kontor_records::{Caller, Trace};
use kontor_telemetry::access::{AccessLog, Entry};
use kontor_telemetry::metrics::Gauge;

use crate::problem::kind;
use crate::request_log::{self, RequestLog};
use crate::table::Path;

const CALLER_WENT_AWAY: u16 = 499;

/// What every request is logged with.
pub struct Log {
    pub access: AccessLog,
    pub clock: Arc<dyn Clock>,
    pub in_flight: Gauge,
    /// The log that callers read.
    pub lines: Option<Arc<RequestLog>>,
}

/// A request under way; its line is written when it is finished or dropped.
pub struct Line<'a> {
    log: &'a Log,
    path: &'a Path,
    method: Method,
    start: Instant,
    pub request_id: Arc<str>,
    pub trace_id: Option<u128>,
    pub trace: Arc<Trace>,
    pub caller: Option<Arc<Caller>>,
    pub client: Option<IpAddr>,
    status: u16,
    error: Option<ErrorCode>,
    /// Of sandboxes only.
    request_body: Option<Bytes>,
    response_body: Option<Bytes>,
}

impl<'a> Line<'a> {
    pub fn begin(log: &'a Log, path: &'a Path, method: Method, request_id: Arc<str>) -> Self {
        log.in_flight.add(1);
        Self {
            log,
            path,
            method,
            start: Instant::now(),
            request_id,
            trace_id: None,
            trace: Arc::default(),
            caller: None,
            client: None,
            status: CALLER_WENT_AWAY,
            error: None,
            request_body: None,
            response_body: None,
        }
    }

    /// The log that keeps this request, and its caller.
    fn kept(&self) -> Option<(&'a RequestLog, &Arc<Caller>)> {
        let log = self.log.lines.as_deref().filter(|_| request_log::keeps(&self.path.template))?;
        Some((log, self.caller.as_ref()?))
    }

    fn has_bodies(&self) -> bool {
        self.kept().is_some_and(|(log, caller)| log.may_keep_bodies(caller.space))
    }

    /// The body has been read.
    pub fn asked(&mut self, body: &Bytes) {
        if !body.is_empty() && self.has_bodies() {
            self.request_body = Some(body.clone());
        }
    }

    /// Looks at the answer's body, which is given back whole.
    pub async fn answered(&mut self, response: Response<Body>) -> Response<Body> {
        let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|media| {
            let media = media.as_bytes();
            media.starts_with(b"application/json") || media.starts_with(b"application/problem+json")
        });
        // A stream without a length is not waited for.
        if !is_json || response.body().size_hint().exact().is_none() || !self.has_bodies() {
            return response;
        }
        let (parts, body) = response.into_parts();
        match axum::body::to_bytes(body, usize::MAX).await {
            Ok(bytes) => {
                self.response_body = Some(bytes.clone());
                Response::from_parts(parts, Body::from(bytes))
            }
            Err(_) => Response::from_parts(parts, Body::empty()),
        }
    }

    /// The answer is ready.
    pub fn end(mut self, status: u16, error: Option<ErrorCode>) {
        self.status = status;
        self.error = error;
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let duration = self.start.elapsed();
        self.log.in_flight.add(-1);
        self.path.metrics(&self.method).observe(self.status, duration);
        let bodies = (self.request_body.take(), self.response_body.take());
        if let Some((log, caller)) = self.kept() {
            log.push(request_log::Line {
                space: caller.space,
                at: self.log.clock.now_ms(),
                request_id: self.request_id.clone(),
                credential: caller.key_id,
                user: caller.user_id,
                impersonator: caller.via.impersonator,
                version: self.path.version,
                method: self.method.clone(),
                route: self.path.template.clone(),
                status: self.status,
                error: self.error,
                duration,
                db_ms: self.trace.db_ms(),
                retries: self.trace.retries(),
                downstream: None,
                request_body: bodies.0,
                response_body: bodies.1,
            });
        }
        let trace_id = self.trace_id.map(|id| format!("{id:032x}"));
        let (mut space, mut key) = ([0; 20], [0; 20]);
        let caller = self.caller.as_ref();
        let space = caller.map(|c| digits(c.space.0.unsigned_abs(), &mut space));
        let key = caller.map(|c| digits(c.key_id.0.unsigned_abs(), &mut key));
        let client = self.client.map(|address| address.to_string());
        self.log.access.write(&Entry {
            time_ms: self.log.clock.now_ms(),
            request_id: &self.request_id,
            trace_id: trace_id.as_deref(),
            method: self.method.as_str(),
            route: &self.path.template,
            status: self.status,
            error_type: self.error.map(|code| kind(code.error_type())),
            error_code: self.error.map(ErrorCode::number),
            duration,
            db: Duration::from_secs_f64(self.trace.db_ms().max(0.0) / 1_000.0),
            retry_count: self.trace.retries(),
            downstream_service: None,
            space: space.and_then(|digits| std::str::from_utf8(digits).ok()),
            client_ip: client.as_deref(),
            key_id: key.and_then(|digits| std::str::from_utf8(digits).ok()),
        });
    }
}
