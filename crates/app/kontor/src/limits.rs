//! Limits of requests, wired: what counts them, where days are kept, who looks after them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use futures::future::BoxFuture;
use kontor_config::Config;
use kontor_http::cors;
use kontor_http::ratelimit::{DayBook, DayUse, RateLimits};
use kontor_identity::origins::Origins;
use kontor_identity::quotas::{Days, Used};
use kontor_identity::spaces;
use kontor_model::Error;
use tokio::sync::watch;

use crate::house::House;
use crate::node;

/// How often a Redis that is away is looked for.
const LOOK: Duration = Duration::from_secs(1);
/// How often what was used of a day is written down: so much is forgotten when the process is killed.
const WRITE: Duration = Duration::from_secs(3);
/// How often processes are counted.
const COUNT: Duration = Duration::from_secs(15);
/// How often past days are forgotten.
const FORGET: Duration = Duration::from_secs(3_600);
const DAY_MS: i64 = 86_400_000;

struct Book(Days);

impl DayBook for Book {
    fn of_day(&self, day: i64) -> BoxFuture<'_, kontor_model::Result<Vec<DayUse>>> {
        Box::pin(async move { Ok(self.0.of(day).await?.into_iter().map(shown).collect()) })
    }

    fn add(&self, uses: Vec<DayUse>) -> BoxFuture<'_, kontor_model::Result<Vec<DayUse>>> {
        Box::pin(async move {
            let used = |one: DayUse| Used { key_id: one.key_id, day: one.day, requests: one.used };
            let uses: Vec<Used> = uses.into_iter().map(used).collect();
            Ok(self.0.add(&uses).await?.into_iter().map(shown).collect())
        })
    }
}

fn shown(used: Used) -> DayUse {
    DayUse { key_id: used.key_id, day: used.day, used: used.requests }
}

/// The origins that any space lists.
pub struct ListedOrigins(pub Origins);

impl cors::Origins for ListedOrigins {
    fn any_lists<'a>(&'a self, origin: &'a str) -> BoxFuture<'a, kontor_model::Result<bool>> {
        Box::pin(self.0.any_lists(origin))
    }
}

/// The limits of this process, ready for the first request.
///
/// # Errors
/// A `redis_url` that names no server; the database's.
pub async fn open(config: &Config, house: &House) -> Result<Arc<RateLimits>> {
    let installation = spaces::installation(&*house.store).await?;
    let book = Arc::new(Book(Days::new(house.store.clone())));
    let limits = RateLimits::new(config, house.clock.clone(), &installation, Some(book))
        .map_err(|error| anyhow::anyhow!(error))?;
    limits.set_processes(node::processes(&*house.store, &*house.clock).await?);
    limits.begin().await?;
    Ok(Arc::new(limits))
}

/// Looks after them until the process stops.
pub async fn keep(limits: Arc<RateLimits>, house: House, mut stopped: watch::Receiver<bool>) {
    let (mut written, mut counted) = (Instant::now(), Instant::now());
    let mut forgot: Option<Instant> = None;
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        limits.look_for_redis().await;
        if written.elapsed() >= WRITE {
            written = Instant::now();
            write_down(&limits).await;
        }
        if counted.elapsed() >= COUNT {
            counted = Instant::now();
            match node::processes(&*house.store, &*house.clock).await {
                Ok(processes) => limits.set_processes(processes),
                Err(error) => complain(&error, "processes were not counted"),
            }
        }
        if forgot.is_none_or(|at| at.elapsed() >= FORGET) {
            forgot = Some(Instant::now());
            let yesterday = house.clock.now_ms().div_euclid(DAY_MS) - 1;
            if let Err(error) = Days::new(house.store.clone()).forget_before(yesterday).await {
                complain(&error, "past days were not forgotten");
            }
        }
    }
}

/// Writes down what was used of the day; also after the last request.
pub async fn write_down(limits: &RateLimits) {
    if let Err(error) = limits.write_down().await {
        complain(&error, "what was used of daily quotas was not written down");
    }
}

fn complain(error: &Error, what: &'static str) {
    tracing::warn!(error = error.internal_text().unwrap_or(error.detail()), "{what}");
}
