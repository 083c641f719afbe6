//! The way of a request: the steps in their order.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{ACCEPT_ENCODING, ALLOW, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode};
use futures::FutureExt;
use hyper::body::Body as _;
use kontor_config::Config;
use kontor_model::{ApiVersion, Clock, Error, ErrorCode};
use kontor_records::{Caller, Idempotency};
use kontor_telemetry::TraceContext;
use kontor_telemetry::access::AccessLog;
use tower::Service;

use crate::access::{Line, Log};
use crate::cache::{self, Cache};
use crate::client::{Client, Proxies};
use crate::cors::{self, Origins};
use crate::credential::{self, Authenticate, Presented};
use crate::idempotency::{self, InFlight, REPLAYED, Replays};
use crate::overload::{Overload, Permit, Work};
use crate::problem::{PROBLEM_JSON, problem_in};
use crate::ratelimit::{Pass, RateLimits, Weight, WrongGuess};
use crate::refusal::Refused;
use crate::request_id::RequestIds;
use crate::request_log::RequestLog;
use crate::route::{Access, Gives, Route, Takes};
use crate::table::{Path, Row, Table};
use crate::versions::{self, Notices};
use crate::via::{Side, Via};
use crate::{Admitted, Ready, Refusal, compress, headers, health, limits, negotiate, reply, seeing};

/// What a door is made of.
pub struct DoorParts {
    /// The handlers.
    pub router: Router,
    /// Their rows; a path that has none is a 404.
    pub routes: Vec<Route>,
    pub authenticate: Arc<dyn Authenticate>,
    pub replays: Arc<dyn Replays>,
    pub ready: Arc<Ready>,
    pub access: AccessLog,
    pub clock: Arc<dyn Clock>,
    pub limits: Arc<RateLimits>,
    pub origins: Arc<dyn Origins>,
}

/// Takes requests through the steps. Shared by all connections.
pub struct Door {
    router: Router,
    table: Table,
    ids: RequestIds,
    log: Log,
    authenticate: Arc<dyn Authenticate>,
    replays: Arc<dyn Replays>,
    in_flight: InFlight,
    notices: Notices,
    ready: Arc<Ready>,
    limits: Arc<RateLimits>,
    overload: Overload,
    cache: Option<Cache>,
    origins: Arc<dyn Origins>,
    proxies: Proxies,
    body_limit: usize,
    header_limit: usize,
    timeout: Duration,
    /// Where clients find who gives tokens (RFC 9728, 5.1); empty when nobody does.
    resource_metadata: String,
}

impl Door {
    /// # Errors
    /// Routes that cannot be told apart; the text names one.
    pub fn new(config: &Config, parts: DoorParts) -> Result<Self, String> {
        let routes = parts.routes.into_iter().chain(health::ROUTES.iter().copied());
        let router = health::router(parts.ready.clone())
            .merge(parts.router)
            .fallback(async || Refusal(no_route()))
            .method_not_allowed_fallback(async || {
                Refusal(Error::new(ErrorCode::MethodNotAllowed, "see the Allow header"))
            })
            .layer(DefaultBodyLimit::disable());
        Ok(Self {
            router,
            table: Table::new(routes, config.rate.heavy_cost)?,
            ids: RequestIds::default(),
            log: Log {
                access: parts.access,
                clock: parts.clock,
                in_flight: kontor_telemetry::metrics::http_in_flight(),
                lines: None,
            },
            authenticate: parts.authenticate,
            replays: parts.replays,
            in_flight: InFlight::default(),
            notices: Notices::new(config),
            ready: parts.ready,
            limits: parts.limits,
            overload: Overload::new(config),
            cache: None,
            origins: parts.origins,
            proxies: Proxies::new(&config.trusted_proxies),
            body_limit: config.request.body_limit_bytes,
            header_limit: config.request.header_limit_bytes,
            timeout: config.request.timeout(),
            resource_metadata: config.public_url.as_ref().map_or_else(String::new, |url| {
                format!("{}/.well-known/oauth-protected-resource", url.expose().trim_end_matches('/'))
            }),
        })
    }

    /// Finished requests are kept in this log too.
    #[must_use]
    pub fn with_request_log(mut self, log: Arc<RequestLog>) -> Self {
        self.log.lines = Some(log);
        self
    }

    /// Answers to reads are kept here.
    #[must_use]
    pub fn with_cache(mut self, cache: Option<Cache>) -> Self {
        self.cache = cache;
        self
    }

    /// Whether the process takes work.
    pub fn ready(&self) -> &Arc<Ready> {
        &self.ready
    }

    /// Answers a request; never fails, and never with anything but what api.md says.
    pub async fn handle(&self, request: Request<Body>, peer: Option<SocketAddr>) -> Response<Body> {
        let via = Via::of(request.extensions());
        let path = self.table.find(request.uri().path()).filter(|path| path.is_seen(via.side));
        let method = request.method().clone();
        let request_id = self.ids.of(request.headers());
        let encoding = request.headers().get(ACCEPT_ENCODING).cloned();
        let mut client = self.proxies.client(peer, request.headers());
        client.is_secure |= via.is_tls;
        let origin = cors::origin(request.headers());
        let is_preflight = cors::is_preflight(&method, request.headers());
        let mut pass = Pass::new(path.is_some_and(Path::is_health));
        let mut line = Line::begin(&self.log, path.unwrap_or(self.table.none()), method.clone(), request_id.clone());
        line.client = client.address;
        let row = path.and_then(|p| p.row(&method, via.side));
        let is_stream = row.is_some_and(|row| row.takes == Takes::Stream);
        let version = path.and_then(|p| p.version).unwrap_or_default();
        let target = request.uri().path().to_owned();
        let trace = line.trace.clone();
        let steps = AssertUnwindSafe(self.steps(request, path, &mut line, (peer, client), &mut pass)).catch_unwind();
        let outcome = if is_stream { Ok(steps.await) } else { tokio::time::timeout(self.timeout, steps).await };
        let outcome = match outcome {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Error::internal("a handler panicked")),
            Err(_) => Err(self.too_late(trace.db_ms())),
        };
        let (mut response, error) = match outcome.map(refused) {
            Ok((response, None)) => (response, None),
            Ok((response, Some(error))) => {
                let mut answer = problem_in(&error, &request_id, version);
                if let Some(allow) = path.filter(|_| response.status() == StatusCode::METHOD_NOT_ALLOWED)
                    && let Ok(allow) = HeaderValue::from_str(allow.allow(via.side))
                {
                    answer.headers_mut().insert(ALLOW, allow);
                }
                (answer, Some(error.code()))
            }
            Err(error) => (problem_in(&error, &request_id, version), Some(error.code())),
        };
        pass.write(response.headers_mut());
        if let Some(origin) = origin {
            let allow = path.filter(|_| is_preflight).map(|path| path.allow(via.side));
            cors::write(&*self.origins, &origin, line.caller.as_deref(), allow, response.headers_mut()).await;
        }
        if version != ApiVersion::V1 && error.is_none() {
            let translate = row.is_some_and(|row| !row.by_catalog && row.gives == Gives::Json);
            response = versions::down(version, translate, response).await;
        }
        if path.is_some_and(|p| p.version.is_some()) {
            self.notices.add(version, &target, response.headers_mut());
        }
        headers::challenge(response.headers_mut(), &self.resource_metadata);
        headers::complete(response.headers_mut(), &request_id, client.is_secure);
        response = line.answered(response).await;
        if method == Method::HEAD {
            response = without_body(response);
        } else if let Some(accepted) = encoding {
            response = compress::compressed(response, accepted).await;
        }
        line.end(response.status().as_u16(), error);
        response
    }

    fn too_late(&self, db_ms: f64) -> Error {
        let seconds = self.timeout.as_secs_f64();
        if db_ms > seconds * 500.0 {
            return Error::new(ErrorCode::DatabaseTimeout, format!("the database did not answer within {seconds} s"));
        }
        Error::new(ErrorCode::UpstreamTimeout, format!("the request took longer than {seconds} s and was given up"))
    }

    async fn steps(
        &self,
        request: Request<Body>,
        path: Option<&Path>,
        line: &mut Line<'_>,
        (peer, client): (Option<SocketAddr>, Client),
        pass: &mut Pass,
    ) -> Result<Response<Body>, Error> {
        let (mut parts, body) = request.into_parts();
        if let Some(context) = parts.headers.get("traceparent").and_then(|v| TraceContext::parse(v.to_str().ok()?)) {
            line.trace_id = Some(context.trace_id);
        }
        limits::headers(&parts.headers, self.header_limit)?;
        self.limits.enter(client.address, &parts.headers, &parts.uri, pass)?;
        let admitted = self.admit(&parts, path, line, (peer, client)).await;
        let side = Via::of(&parts.extensions).side;
        let weight = path.and_then(|path| path.row(&parts.method, side)).map_or(Weight::ONE, |row| row.weight);
        let refused = admitted.as_ref().err().map(Error::code);
        self.limits.take(pass, line.caller.as_deref(), weight, refused).await?;
        let (row, unchecked) = match admitted? {
            Way::Through(row) => (row, None),
            Way::Remembered(row, error) => (row, Some(error)),
            Way::Answered(response) => return Ok(response),
        };

        let (bytes, body) = match row.takes {
            Takes::Stream => (bytes::Bytes::new(), body),
            Takes::Json | Takes::Own => {
                if row.takes == Takes::Json && !body.is_end_stream() {
                    negotiate::content_type(&parts.method, &parts.headers)?;
                }
                let bytes = limits::body(body, self.body_limit).await?;
                let body = if bytes.is_empty() { Body::empty() } else { Body::from(bytes.clone()) };
                (bytes, body)
            }
        };

        line.asked(&bytes);
        let version = path.and_then(|path| path.version);
        if let Some(error) = unchecked {
            let known = version.unwrap_or_default();
            return self.only_from_cache(&mut parts, line, known, &bytes).await?.ok_or(error);
        }
        let mut idempotency = None;
        let (mut claim, mut permit) = (None, None);
        if let Some(caller) = &line.caller
            && let Some(given) = idempotency::of(&parts, &bytes)?
        {
            claim = Some(self.in_flight.claim(caller, &given)?);
            permit = self.room(path, row, line, Some(&given)).await?;
            if let Some(answer) = self.replays.replay(caller, &given).await? {
                let mut response = reply::answer(answer);
                response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
                return Ok(response);
            }
            idempotency = Some(given);
        }

        let request_id = line.request_id.clone();
        let ask = match (&self.cache, &line.caller) {
            (Some(cache), Some(caller)) if row.kept && idempotency.is_none() => {
                cache.ask(caller, &mut parts, version.unwrap_or_default(), &bytes, &request_id).await?
            }
            _ => None,
        };
        let client = client.address;
        parts.extensions.insert(Admitted {
            request_id: request_id.clone(),
            caller: line.caller.clone(),
            trace: line.trace.clone(),
            idempotency,
            peer,
            client,
        });
        let mut body = body;
        if let Some(version) = version {
            parts.extensions.insert(version);
            if version != ApiVersion::V1 {
                parts.uri = versions::handlers_uri(&parts.uri, version)?;
                if row.takes == Takes::Json && !row.by_catalog && !bytes.is_empty() {
                    body = Body::from(versions::up(version, bytes));
                }
            }
        }
        let run = async {
            let _permit = match permit {
                Some(permit) => Some(permit),
                None => self.room(path, row, line, None).await?,
            };
            let Ok(response) = self.router.clone().call(Request::from_parts(parts, body)).await;
            Ok(response)
        };
        let mut response = match (&self.cache, &ask) {
            (Some(cache), Some(ask)) => cache.answer(ask, run).await?,
            _ => run.await?,
        };
        drop(claim);
        if is_wrong_guess(&mut response) {
            self.limits.failed(pass).await?;
        }
        Ok(response)
    }

    /// Room to work in. Who looks after the process needs none, and an upload would hold it as long as it likes.
    async fn room(
        &self,
        path: Option<&Path>,
        row: &Row,
        line: &Line<'_>,
        idempotency: Option<&Idempotency>,
    ) -> Result<Option<Permit>, Error> {
        if row.takes == Takes::Stream || path.is_none_or(Path::is_health) {
            return Ok(None);
        }
        let reads = row.method == Method::GET || row.access == Access::Read;
        self.overload.enter(Work { caller: line.caller.as_deref(), reads, idempotency, cost: row.weight.cost }).await
    }

    /// The answer to a caller that could not be checked: what it would have got not long ago.
    async fn only_from_cache(
        &self,
        parts: &mut Parts,
        line: &Line<'_>,
        version: ApiVersion,
        body: &[u8],
    ) -> Result<Option<Response<Body>>, Error> {
        let (Some(cache), Some(caller)) = (&self.cache, &line.caller) else { return Ok(None) };
        let ask = cache.ask(caller, parts, version, body, &line.request_id).await?;
        Ok(ask.and_then(|ask| cache.out_of_date(&ask)))
    }

    /// The route, and who is there.
    async fn admit<'p>(
        &self,
        parts: &Parts,
        path: Option<&'p Path>,
        line: &mut Line<'_>,
        (peer, client): (Option<SocketAddr>, Client),
    ) -> Result<Way<'p>, Error> {
        let path = path.ok_or_else(no_route)?;
        let side = Via::of(&parts.extensions).side;
        let Some(row) = path.row(&parts.method, side) else {
            if path.of_object && parts.method != Method::OPTIONS {
                return Err(no_route());
            }
            return method_not_allowed(path, &parts.method, side).map(Way::Answered);
        };
        limits::url(&parts.uri)?;
        if row.gives == Gives::Json {
            negotiate::accept(&parts.headers)?;
        }

        // An open document may still depend on who asks (the OpenAPI document of a space).
        let optional = row.access == Access::Open && row.gives == Gives::Json && credential::is_given(&parts.headers);
        if row.access != Access::Open || optional {
            let (token, source) = credential::of(&parts.headers, &parts.method, &parts.uri)?;
            let presented = Presented {
                token,
                source,
                method: &parts.method,
                uri: &parts.uri,
                headers: &parts.headers,
                peer,
                client: client.address,
            };
            match self.known(presented).await {
                Ok(caller) => {
                    let is_read_only = caller.via.read_only;
                    line.caller = Some(caller);
                    if is_read_only {
                        seeing::only_reads(&path.template, row)?;
                    }
                }
                Err(error) => {
                    let cache = self.cache.as_ref().filter(|_| row.kept && cache::is_unasked(error.code()));
                    let known = cache.and_then(|cache| self.authenticate.remembered(presented, cache.stale()));
                    let Some((caller, _)) = known else { return Err(error) };
                    line.caller = Some(caller);
                    return Ok(Way::Remembered(row, error));
                }
            }
        }
        Ok(Way::Through(row))
    }

    /// Who presents this; not waiting for a database that is away.
    async fn known(&self, presented: Presented<'_>) -> Result<Arc<Caller>, Error> {
        let known = self.authenticate.authenticate(presented);
        let Some(cache) = &self.cache else { return known.await };
        tokio::select! {
            biased;
            known = known => known,
            () = cache.unanswered() => {
                Err(Error::new(ErrorCode::Unavailable, "the database does not answer at the moment"))
            }
        }
    }
}

fn is_wrong_guess(response: &mut Response<Body>) -> bool {
    let extensions = response.extensions_mut();
    extensions.remove::<WrongGuess>().is_some()
        || extensions.get::<Refused>().is_some_and(|refused| refused.0.code() == ErrorCode::BadCredential)
}

/// Where a request goes behind the credential.
enum Way<'p> {
    Through(&'p Row),
    /// The caller could not be checked just now, for this reason; it was good not long ago.
    Remembered(&'p Row, Error),
    Answered(Response<Body>),
}

fn no_route() -> Error {
    Error::new(ErrorCode::NoRoute, "there is no such route; /openapi/v1.json lists them")
}

fn method_not_allowed(path: &Path, method: &Method, side: Side) -> Result<Response<Body>, Error> {
    if *method == Method::OPTIONS {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        if let Ok(allow) = HeaderValue::from_str(path.allow(side)) {
            response.headers_mut().insert(ALLOW, allow);
        }
        return Ok(response);
    }
    let detail = format!("{} allows {}", path.template, path.allow(side));
    Err(Error::new(ErrorCode::MethodNotAllowed, detail).with_allow(path.allow(side)))
}

/// The error inside an answer: a handler's own, or the one that a plain-text rejection stands for.
fn refused(mut response: Response<Body>) -> (Response<Body>, Option<Arc<Error>>) {
    if let Some(Refused(error)) = response.extensions_mut().remove() {
        return (response, Some(error));
    }
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return (response, None);
    }
    let media = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if media.is_some_and(|m| !m.starts_with(b"text/plain") || m.starts_with(PROBLEM_JSON.as_bytes())) {
        return (response, None);
    }
    let error = match ErrorCode::from_number(u32::from(status.as_u16()) * 1_000) {
        Some(code) if code.status() < 500 => Error::new(code, code.advice()),
        _ if status.is_client_error() => Error::new(ErrorCode::Malformed, ErrorCode::Malformed.advice()),
        _ => Error::internal(format!("a handler answered {status} without a problem")),
    };
    (response, Some(Arc::new(error)))
}

/// An answer to HEAD: the same head, and the length that the body would have had.
fn without_body(response: Response<Body>) -> Response<Body> {
    let length = response.body().size_hint().exact().filter(|n| *n > 0);
    let mut response = response.map(|_| Body::empty());
    if let Some(length) = length {
        response.headers_mut().entry(CONTENT_LENGTH).or_insert(HeaderValue::from(length));
    }
    response
}
