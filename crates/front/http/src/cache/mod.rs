//! Step 9: answers to reads, kept for those who see the same.
//!
//! An answer is given again as long as this process has changed nothing of what it was read from, where no other process
//! can have; equal questions share an execution; and when the database is away or there is no room, an answer that is
//! out of date by no more than `cache.stale_ms` is better than none. It is marked with `Age` and `Warning`.

mod away;
mod flight;
mod key;
mod stored;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use kontor_catalog::Catalogs;
use kontor_config::Config;
use kontor_model::{ApiVersion, Error, ErrorCode, Result};
use kontor_records::Caller;
use kontor_store::Commits;
use kontor_telemetry::metrics::{Counter, counter};
use quick_cache::Weighter;

use self::away::Away;
use self::flight::{Flights, Turn};
use self::key::{Key, Views};
use self::stored::{Kept, Stored};
use crate::Ready;
use crate::refusal::Refused;

pub use self::key::Ask;

/// An answer may take one part in so many of the whole room.
const SHARE: u64 = 64;
/// What an answer takes usually, to make room for so many of them.
const USUAL: u64 = 4_096;

#[derive(Clone)]
struct ByBytes;

impl Weighter<Arc<Key>, Arc<Stored>> for ByBytes {
    fn weight(&self, key: &Arc<Key>, stored: &Arc<Stored>) -> u64 {
        u64::try_from(key.size() + stored.size()).unwrap_or(u64::MAX)
    }
}

/// What an execution gives to those who wait for it.
#[derive(Clone)]
enum Shared {
    Answer(Arc<Stored>),
    Refused(Arc<Error>),
    /// It cannot be given twice: everyone for itself.
    Alone,
}

/// What a cache is made of.
pub struct Source {
    pub catalogs: Arc<Catalogs>,
    /// Of the store that answers are read from.
    pub commits: Arc<Commits>,
    /// Whether no other process changes records: then what this one has not changed is as it was.
    pub is_alone: bool,
}

struct Counters {
    fresh: Counter,
    stale: Counter,
    shared: Counter,
    read: Counter,
}

/// The cache of a process.
pub struct Cache {
    source: Source,
    views: Views,
    answers: quick_cache::sync::Cache<Arc<Key>, Arc<Stored>, ByBytes>,
    flights: Flights<Key, Shared>,
    away: Arc<Away>,
    most: usize,
    stale: Duration,
    counters: Counters,
}

impl Cache {
    /// None when `cache.bytes` is 0.
    pub fn new(config: &Config, source: Source, ready: Arc<Ready>) -> Option<Self> {
        let bytes = config.cache.bytes;
        let items = usize::try_from(bytes / USUAL).unwrap_or(usize::MAX);
        let counted =
            |how| counter("cache_answers_total", "Answers to reads, by where they came from.", &[("from", how)]);
        (bytes > 0).then(|| Self {
            views: Views::new(source.catalogs.clone()),
            away: Away::new(ready, source.commits.clone()),
            source,
            answers: quick_cache::sync::Cache::with_weighter(items, bytes, ByBytes),
            flights: Flights::default(),
            most: usize::try_from(bytes / SHARE).unwrap_or(usize::MAX),
            stale: Duration::from_millis(config.cache.stale_ms),
            counters: Counters {
                fresh: counted("cache"),
                stale: counted("stale"),
                shared: counted("shared"),
                read: counted("database"),
            },
        })
    }

    /// How old an answer may be that is given for want of a better one.
    pub fn stale(&self) -> Duration {
        self.stale
    }

    /// Ends when the database does not answer; as long as it is only slow, never.
    pub async fn unanswered(&self) {
        self.away.unanswered().await;
    }

    /// The request as a question to the cache; see [`Views::ask`].
    ///
    /// # Errors
    /// 400000 for a malformed `If-None-Match`; the database's.
    pub async fn ask<'a>(
        &self,
        caller: &Arc<Caller>,
        parts: &mut Parts,
        version: ApiVersion,
        body: &[u8],
        request_id: &'a str,
    ) -> Result<Option<Ask<'a>>> {
        self.views.ask(caller, parts, version, body, request_id).await
    }

    /// Answers from what is kept, or by `run`, which is the rest of the way.
    ///
    /// # Errors
    /// Those of `run`.
    pub async fn answer(
        &self,
        ask: &Ask<'_>,
        run: impl Future<Output = Result<Response<Body>>>,
    ) -> Result<Response<Body>> {
        if let Some(stored) = self.current(ask) {
            return Ok(stored.answer(&ask.key, ask.known.as_ref(), ask.request_id));
        }
        if self.away.is_away()
            && let Some(answer) = self.out_of_date(ask)
        {
            return Ok(answer);
        }
        let seat = self.flights.join(ask.key.clone());
        let turn = seat.turn().await;
        match turn {
            Turn::Given(Shared::Answer(stored)) => {
                self.counters.shared.increment();
                Ok(stored.answer(&ask.key, ask.known.as_ref(), ask.request_id))
            }
            Turn::Given(Shared::Refused(error)) => self.instead(ask, error),
            Turn::Given(Shared::Alone) => self.execute(ask, run).await.1,
            Turn::Mine(mine) => {
                // The one before may have left it.
                if let Some(stored) = self.current(ask) {
                    mine.done(Shared::Answer(stored.clone()));
                    return Ok(stored.answer(&ask.key, ask.known.as_ref(), ask.request_id));
                }
                let (shared, outcome) = self.execute(ask, run).await;
                mine.done(shared);
                outcome
            }
        }
    }

    async fn execute(
        &self,
        ask: &Ask<'_>,
        run: impl Future<Output = Result<Response<Body>>>,
    ) -> (Shared, Result<Response<Body>>) {
        let begun = Instant::now();
        let mut work = std::pin::pin!(self.source.commits.observed(run));
        let done = if self.usable(ask).is_some() {
            tokio::select! {
                biased;
                done = &mut work => Some(done),
                () = self.unanswered() => None,
            }
        } else {
            Some(work.await)
        };
        let Some((outcome, seen)) = done else {
            let error = Arc::new(Error::new(ErrorCode::Unavailable, "the database does not answer at the moment"));
            return (Shared::Refused(error.clone()), self.instead(ask, error));
        };
        let response = match outcome {
            Ok(mut response) => match response.extensions_mut().remove::<Refused>() {
                Some(Refused(error)) => return (Shared::Refused(error.clone()), self.instead(ask, error)),
                None => response,
            },
            Err(error) => {
                let error = Arc::new(error);
                return (Shared::Refused(error.clone()), self.instead(ask, error));
            }
        };
        self.counters.read.increment();
        if ask.is_of_one(&seen) {
            return (Shared::Alone, Ok(response));
        }
        match Stored::of(response, ask.request_id, seen, begun, self.most).await {
            Kept::Not(response) => (Shared::Alone, Ok(response)),
            Kept::Whole(stored) => {
                let stored = Arc::new(stored);
                self.answers.insert(ask.key.clone(), stored.clone());
                let first = stored.first(&ask.key, ask.known.as_ref());
                (Shared::Answer(stored), Ok(first))
            }
        }
    }

    /// What is as it would be read now.
    fn current(&self, ask: &Ask<'_>) -> Option<Arc<Stored>> {
        let stored = self.answers.get(&*ask.key).filter(|stored| self.source.is_alone && stored.seen.is_current())?;
        self.counters.fresh.increment();
        Some(stored)
    }

    /// What may be given for want of a better answer. Where rights hang on who owns a record, a change that this process
    /// has seen may have taken the record away from the caller.
    fn usable(&self, ask: &Ask<'_>) -> Option<Arc<Stored>> {
        let stored = self.answers.get(&*ask.key).filter(|stored| stored.age() < self.stale)?;
        (!ask.is_personal || stored.seen.is_current()).then_some(stored)
    }

    /// What was true not long ago, marked.
    pub fn out_of_date(&self, ask: &Ask<'_>) -> Option<Response<Body>> {
        let stored = self.usable(ask)?;
        let mut response = stored.answer(&ask.key, ask.known.as_ref(), ask.request_id);
        stored::mark_stale(&mut response, stored.age());
        self.counters.stale.increment();
        Some(response)
    }

    /// After a refusal: an answer that is out of date where the records could not be asked, else the refusal.
    fn instead(&self, ask: &Ask<'_>, error: Arc<Error>) -> Result<Response<Body>> {
        if is_unasked(error.code()) {
            self.away.suspect();
            if let Some(response) = self.out_of_date(ask) {
                return Ok(response);
            }
        }
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(Refused(error));
        Ok(response)
    }
}

/// Whether this error says that the records could not be asked.
pub fn is_unasked(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::Unavailable | ErrorCode::DatabaseTimeout)
}
