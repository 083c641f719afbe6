//! `GET /v1/events/stream`: the log as server-sent events (WHATWG HTML, 9.2), from now on or from a cursor.
//!
//! What a reader does not take is not read from the database: nothing is kept for it but the page under way. Who reads
//! is asked for its credential every few seconds, so that a stream ends when it does and shows what its rights show.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, Uri};
use bytes::Bytes;
use kontor_events::{Event, head, page};
use kontor_http::{Presented, credential};
use kontor_model::{ApiVersion, Error, ErrorCode, Id, Result};
use kontor_records::{Caller, Ctx};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::{Asked, News, begin};
use crate::Call;

const PARAMS: &[&str] = &["after", "since", "type", "subject"];
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");
const NO_BUFFER: HeaderName = HeaderName::from_static("x-accel-buffering");
/// Events of one read.
const PAGE: usize = 100;
/// Streams of one credential, and of the process.
const MOST: usize = 32;
const MOST_OF_ALL: usize = 4_096;
/// A comment is sent after this time without an event, so that proxies keep the connection.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Between two questions for the credential.
const CHECK: Duration = Duration::from_secs(2);
/// After a read that failed; and how many in a row end the stream.
const PAUSE: Duration = Duration::from_secs(1);
const FAILURES: u32 = 10;
/// How long a stream lasts whose credential needs a new proof for each request (RFC 9449).
const WITH_PROOF: Duration = Duration::from_secs(60);

/// A place among the streams of a credential.
struct Seat {
    news: Arc<News>,
    of: Id,
}

impl Seat {
    fn take(news: &Arc<News>, of: Id) -> Result<Self> {
        let mut open = news.open.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = open.values().sum();
        let own = open.entry(of).or_default();
        if *own >= MOST || all >= MOST_OF_ALL {
            let detail = format!("at most {MOST} streams may be open with one credential");
            return Err(Error::new(ErrorCode::RateLimited, detail).with_retry_after(5));
        }
        *own += 1;
        Ok(Self { news: news.clone(), of })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.news.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = open.get_mut(&self.of) {
            *own -= 1;
            if *own == 0 {
                open.remove(&self.of);
            }
        }
    }
}

/// What the credential came with.
struct Shown {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    peer: Option<SocketAddr>,
    client: Option<IpAddr>,
}

/// One reader.
struct Reader {
    seat: Seat,
    shown: Shown,
    caller: Arc<Caller>,
    version: ApiVersion,
    request_id: Arc<str>,
    asked: Asked,
    after: i64,
    more: watch::Receiver<i64>,
    stopped: watch::Receiver<bool>,
    checked: Instant,
    wrote: Instant,
    /// Until when it lasts at most.
    until: Option<Instant>,
    failures: u32,
    state: State,
}

#[derive(PartialEq, Eq)]
enum State {
    Begins,
    Reads,
    Ended,
}

/// Opens a stream.
///
/// # Errors
/// 400000, 400003, 400005 for parameters; 429000 for too many; the database's.
pub async fn stream(news: Arc<News>, call: Call) -> Result<Response<Body>> {
    let ctx = news.api.ctx(&call).await?;
    let params = call.params(PARAMS)?;
    let asked = Asked::of(&params)?;
    let last = call.headers.get(LAST_EVENT).map(|v| v.to_str().unwrap_or("x").trim()).filter(|text| !text.is_empty());
    let store = &**news.api.records.store();
    let (after, since) = match last {
        Some(last) => (Some(last), None),
        None => (params.get("after"), params.get("since")),
    };
    let after = match begin(store, ctx.space(), after, since).await? {
        Some(after) => after,
        None => head(store, ctx.space()).await?.last,
    };
    let seat = Seat::take(&news, ctx.caller.key_id)?;
    let shown = Shown {
        method: call.method.clone(),
        uri: call.uri().clone(),
        headers: call.headers.clone(),
        peer: call.admitted.peer,
        client: call.admitted.client,
    };
    let now = Instant::now();
    let reader = Reader {
        until: shown.needs_proof().then(|| now + WITH_PROOF),
        shown,
        seat,
        caller: ctx.caller.clone(),
        version: call.version,
        request_id: ctx.request_id.clone(),
        asked,
        after,
        more: news.feed.watch(ctx.space()),
        stopped: news.stopped.clone(),
        checked: now,
        wrote: now,
        failures: 0,
        state: State::Begins,
    };
    let parts = futures::stream::unfold(reader, async |mut reader| {
        let part = reader.next().await?;
        Some((Ok::<_, Infallible>(part), reader))
    });
    let mut response = Response::new(Body::from_stream(parts));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(NO_BUFFER, HeaderValue::from_static("no"));
    Ok(response)
}

impl Shown {
    fn presented(&self) -> Result<Presented<'_>> {
        let (token, source) = credential::of(&self.headers, &self.method, &self.uri)?;
        Ok(Presented {
            token,
            source,
            method: &self.method,
            uri: &self.uri,
            headers: &self.headers,
            peer: self.peer,
            client: self.client,
        })
    }

    fn needs_proof(&self) -> bool {
        self.presented().is_ok_and(|presented| presented.is_dpop())
    }
}

impl Reader {
    /// What is sent next; none at the end.
    async fn next(&mut self) -> Option<Bytes> {
        match self.state {
            State::Ended => return None,
            State::Begins => {
                self.state = State::Reads;
                return Some(Bytes::from_static(b": the event log\nretry: 2000\n\n"));
            }
            State::Reads => {}
        }
        loop {
            if *self.stopped.borrow() || self.stopped.has_changed().is_err() {
                return None;
            }
            if self.until.is_some_and(|until| until <= Instant::now()) {
                return None;
            }
            if self.checked.elapsed() >= CHECK
                && let Err(error) = self.check().await
            {
                self.state = State::Ended;
                return Some(Bytes::from(format!(": {} {}\n\n", error.code().number(), error.code().title())));
            }
            match self.read().await {
                Ok(Some(part)) => {
                    self.failures = 0;
                    self.wrote = Instant::now();
                    return Some(part);
                }
                Ok(None) => self.failures = 0,
                Err(error) => {
                    self.failures += 1;
                    if error.code().status() < 500 || self.failures > FAILURES {
                        return None;
                    }
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            }
            let heartbeat = self.wrote + HEARTBEAT;
            let wake = heartbeat.min(self.checked + CHECK);
            tokio::select! {
                _ = self.stopped.wait_for(|stop| *stop) => return None,
                changed = self.more.changed() => if changed.is_err() { return None },
                () = sleep_until(wake) => {
                    if heartbeat <= Instant::now() {
                        self.wrote = Instant::now();
                        return Some(Bytes::from_static(b": still here\n\n"));
                    }
                }
            }
        }
    }

    /// Whether the credential is still good; its rights may be others by now.
    async fn check(&mut self) -> Result<()> {
        self.checked = Instant::now();
        if self.until.is_some() {
            // Its proof is used up: it lasts a minute.
            return Ok(());
        }
        match self.seat.news.authenticate.authenticate(self.shown.presented()?).await {
            Ok(caller) => {
                self.caller = caller;
                self.failures = 0;
                Ok(())
            }
            Err(error) if error.code().status() < 500 => Err(error),
            Err(error) => {
                self.failures += 1;
                if self.failures > FAILURES { Err(error) } else { Ok(()) }
            }
        }
    }

    async fn read(&mut self) -> Result<Option<Bytes>> {
        let api = &self.seat.news.api;
        let catalog = api.catalogs.get(self.caller.space).await?.seen(self.version)?;
        let ctx = Ctx::new(self.caller.clone(), catalog, self.request_id.clone());
        loop {
            let found = page(&api.records, &ctx, self.after, &self.asked.types, &self.asked.subjects, PAGE).await?;
            self.after = found.up_to;
            if !found.events.is_empty() {
                let parts: Vec<String> = found.events.iter().map(|event| part(event, &ctx)).collect();
                return Ok(Some(Bytes::from(parts.concat())));
            }
            if !found.has_more {
                return Ok(None);
            }
        }
    }
}

fn part(event: &Event, ctx: &Ctx) -> String {
    format!("id: {}\nevent: {}\ndata: {}\n\n", event.sequence, event.kind, event.json(ctx.space()))
}
