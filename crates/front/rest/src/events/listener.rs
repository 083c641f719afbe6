//! What streams of server-sent events have in common (WHATWG HTML, 9.2): a place among those of a credential, the
//! credential asked for again and again, a comment when there is nothing else, an end.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, Uri};
use bytes::Bytes;
use futures::future::BoxFuture;
use kontor_http::{Presented, credential};
use kontor_model::{ApiVersion, Error, ErrorCode, Id, Result};
use kontor_records::{Caller, Ctx};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::News;
use crate::Call;

const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");
const NO_BUFFER: HeaderName = HeaderName::from_static("x-accel-buffering");
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

/// What a stream is of.
pub(super) trait Source: Send + 'static {
    /// The comment that it begins with.
    fn greeting(&self) -> &'static str;

    /// What is to be sent next, to the caller of `ctx` as it is now; none when there is nothing yet.
    ///
    /// # Errors
    /// Those below 500 end the stream; others when they come again and again.
    fn read<'a>(&'a mut self, news: &'a News, ctx: &'a Ctx) -> BoxFuture<'a, Result<Option<Bytes>>>;

    /// When it wants to be asked again, even if the log stands still.
    fn again(&self) -> Option<Instant> {
        None
    }
}

/// The id with which a reader goes on.
pub(super) fn last_event(call: &Call) -> Option<&str> {
    let last = call.headers.get(LAST_EVENT)?.to_str().unwrap_or("x").trim();
    (!last.is_empty()).then_some(last)
}

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
struct Listener<S> {
    seat: Seat,
    shown: Shown,
    caller: Arc<Caller>,
    version: ApiVersion,
    request_id: Arc<str>,
    source: S,
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
/// 429000 for too many.
pub(super) fn open<S: Source>(news: &Arc<News>, call: &Call, ctx: &Ctx, source: S) -> Result<Response<Body>> {
    let seat = Seat::take(news, ctx.caller.key_id)?;
    let shown = Shown {
        method: call.method.clone(),
        uri: call.uri().clone(),
        headers: call.headers.clone(),
        peer: call.admitted.peer,
        client: call.admitted.client,
    };
    let now = Instant::now();
    let listener = Listener {
        until: shown.needs_proof().then(|| now + WITH_PROOF),
        shown,
        seat,
        caller: ctx.caller.clone(),
        version: call.version,
        request_id: ctx.request_id.clone(),
        source,
        more: news.feed.watch(ctx.space()),
        stopped: news.stopped.clone(),
        checked: now,
        wrote: now,
        failures: 0,
        state: State::Begins,
    };
    let parts = futures::stream::unfold(listener, async |mut listener| {
        let part = listener.next().await?;
        Some((Ok::<_, Infallible>(part), listener))
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

impl<S: Source> Listener<S> {
    /// What is sent next; none at the end.
    async fn next(&mut self) -> Option<Bytes> {
        match self.state {
            State::Ended => return None,
            State::Begins => {
                self.state = State::Reads;
                return Some(Bytes::from(format!(": {}\nretry: 2000\n\n", self.source.greeting())));
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
                return Some(self.ended(&error));
            }
            match self.read().await {
                Ok(Some(part)) => {
                    self.failures = 0;
                    self.wrote = Instant::now();
                    return Some(part);
                }
                Ok(None) => self.failures = 0,
                Err(error) if error.code().status() < 500 => return Some(self.ended(&error)),
                Err(_) => {
                    self.failures += 1;
                    if self.failures > FAILURES {
                        return None;
                    }
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            }
            let heartbeat = self.wrote + HEARTBEAT;
            let wake = heartbeat.min(self.checked + CHECK).min(self.source.again().unwrap_or(heartbeat));
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

    /// The last comment: why it ends.
    fn ended(&mut self, error: &Error) -> Bytes {
        self.state = State::Ended;
        Bytes::from(format!(": {} {}\n\n", error.code().number(), error.code().title()))
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
        let news = &self.seat.news;
        let catalog = news.api.catalogs.get(self.caller.space).await?.seen(self.version)?;
        let ctx = Ctx::new(self.caller.clone(), catalog, self.request_id.clone());
        self.source.read(news, &ctx).await
    }
}
