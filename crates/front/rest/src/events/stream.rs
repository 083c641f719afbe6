//! `GET /v1/events/stream`: the log as server-sent events (WHATWG HTML, 9.2), from now on or from a cursor.
//!
//! What a reader does not take is not read from the database: nothing is kept for it but the page under way. Who reads
//! is asked for its credential every few seconds, so that a stream ends when it does and shows what its rights show.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_events::{Event, head, page};
use kontor_model::Result;
use kontor_records::Ctx;

use super::listener::{Source, last_event, open};
use super::{Asked, News, begin};
use crate::Call;

const PARAMS: &[&str] = &["after", "since", "type", "subject"];
/// Events of one read.
const PAGE: usize = 100;

/// The log from a place on.
struct Log {
    asked: Asked,
    after: i64,
}

/// Opens a stream.
///
/// # Errors
/// 400000, 400003, 400005 for parameters; 429000 for too many; the database's.
pub async fn stream(news: Arc<News>, call: Call) -> Result<Response<Body>> {
    let ctx = news.api.ctx(&call).await?;
    let params = call.params(PARAMS)?;
    let asked = Asked::of(&params)?;
    let store = &**news.api.records.store();
    let (after, since) = match last_event(&call) {
        Some(last) => (Some(last), None),
        None => (params.get("after"), params.get("since")),
    };
    let after = match begin(store, ctx.space(), after, since).await? {
        Some(after) => after,
        None => head(store, ctx.space()).await?.last,
    };
    open(&news, &call, &ctx, Log { asked, after })
}

impl Source for Log {
    fn greeting(&self) -> &'static str {
        "the event log"
    }

    fn read<'a>(&'a mut self, news: &'a News, ctx: &'a Ctx) -> BoxFuture<'a, Result<Option<Bytes>>> {
        async move {
            let Asked { types, subjects } = &self.asked;
            loop {
                let found = page(&news.api.records, ctx, self.after, types, subjects, PAGE).await?;
                self.after = found.up_to;
                if !found.events.is_empty() {
                    let parts: Vec<String> = found.events.iter().map(|event| part(event, ctx)).collect();
                    return Ok(Some(Bytes::from(parts.concat())));
                }
                if !found.has_more {
                    return Ok(None);
                }
            }
        }
        .boxed()
    }
}

fn part(event: &Event, ctx: &Ctx) -> String {
    format!("id: {}\nevent: {}\ndata: {}\n\n", event.sequence, event.kind, event.json(ctx.space()))
}
