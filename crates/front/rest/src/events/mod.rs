//! `/v1/events`: the event log, read by cursor or as a stream, and what describes it; dashboards that follow it.

pub mod asyncapi;
mod dashboard;
mod dead;
mod list;
mod listener;
pub(crate) mod openapi;
pub(crate) mod routes;
mod stream;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::{get, post};
use kontor_catalog::Catalogs;
use kontor_events::{Feed, Head, Subjects, Types, head, since};
use kontor_http::Authenticate;
use kontor_model::time::{millis, parse_datetime};
use kontor_model::{Error, ErrorCode, Id, Json, Result, SpaceId};
use kontor_store::{Commits, Store};
use tokio::sync::watch;

use crate::params::Params;
use crate::{Api, at};

/// What the endpoints of the log share.
pub struct News {
    pub api: Arc<Api>,
    pub feed: Arc<Feed>,
    /// Says what a dashboard's tiles are made of.
    pub commits: Arc<Commits>,
    /// Asked again and again while a stream is open.
    pub authenticate: Arc<dyn Authenticate>,
    /// True when the process stops.
    pub stopped: watch::Receiver<bool>,
    /// Streams by credential.
    open: Mutex<HashMap<Id, usize>>,
}

impl News {
    pub fn new(
        api: Arc<Api>,
        feed: Arc<Feed>,
        commits: Arc<Commits>,
        authenticate: Arc<dyn Authenticate>,
        stopped: watch::Receiver<bool>,
    ) -> Arc<Self> {
        Arc::new(Self { api, feed, commits, authenticate, stopped, open: Mutex::default() })
    }
}

/// The handlers of [`crate::routes::EVENTS`].
pub fn router(news: &Arc<News>) -> Router {
    let (streaming, boards) = (news.clone(), news.clone());
    let catalogs: Arc<Catalogs> = news.api.catalogs.clone();
    Router::new()
        .route("/v1/events", get(at(&news.api, list::list)))
        .route("/v1/events/dead", get(at(&news.api, dead::list)))
        .route("/v1/events/dead/{id}/replay", post(at(&news.api, dead::replay)))
        .route("/v1/events/stream", get(at(&news.api, move |_, call| stream::stream(streaming.clone(), call))))
        .route("/v1/dashboards/{id}/stream", get(at(&news.api, move |_, call| dashboard::stream(boards.clone(), call))))
        .merge(asyncapi::router(catalogs))
}

/// Which events, and from where on.
struct Asked {
    types: Types,
    subjects: Subjects,
}

impl Asked {
    fn of(params: &Params) -> Result<Self> {
        Ok(Self {
            types: params.get("type").map(Types::parse).transpose()?.unwrap_or_default(),
            subjects: params.get("subject").map(Subjects::parse).transpose()?.unwrap_or_default(),
        })
    }
}

fn bad_cursor(detail: String) -> Error {
    Error::new(ErrorCode::BadCursor, detail)
}

/// The number behind which a reader begins: that of `after`, or what a moment stands for, or none.
async fn begin(store: &dyn Store, space: SpaceId, after: Option<&str>, moment: Option<&str>) -> Result<Option<i64>> {
    if after.is_some() && moment.is_some() {
        return Err(Error::new(ErrorCode::BadQuery, "send after or since, not both"));
    }
    if let Some(text) = moment {
        let ms = match millis(&Json::String(text.to_owned())) {
            Some(ms) => ms,
            None => parse_datetime(text).map_err(|why| Error::new(ErrorCode::Malformed, format!("since {why}")))?,
        };
        return since(store, space, ms).await.map(Some);
    }
    let Some(text) = after else { return Ok(None) };
    let (number, head) = number(store, space, text).await?;
    // From the beginning means from what is kept.
    if number > 0 && number + 1 < head.first {
        return Err(bad_cursor(format!(
            "events up to {} are no longer kept; begin at after=0, or since a time",
            head.first - 1
        )));
    }
    Ok(Some(number))
}

/// The number of a cursor, which the log has come to, and how far that goes.
async fn number(store: &dyn Store, space: SpaceId, text: &str) -> Result<(i64, Head)> {
    let digits = (1..=18).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let number: i64 = text.parse().ok().filter(|_| digits).ok_or_else(|| {
        bad_cursor("a cursor of the event log is an event's sequence, or next_cursor of a page".to_owned())
    })?;
    let head = head(store, space).await?;
    if number > head.last {
        return Err(bad_cursor(format!("the log ends at {}, and the cursor is behind its end", head.last)));
    }
    Ok((number, head))
}
