//! `GET /v1/dashboards/{id}/stream`: what a dashboard shows as server-sent events (WHATWG HTML, 9.2): every tile as it
//! is, then each that has become another.
//!
//! Nothing says what a tile is made of: the store notes which tables its making reads, and an event of an object in one
//! of them has it made again, at most once a second, in the right that the reader has then.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_events::{head, object_of, touched};
use kontor_model::{Error, Id, Json, Result, SpaceId, view};
use kontor_records::{Caller, Ctx, Glance, Sheet};
use serde_json::{Value as J, json};
use tokio::time::Instant;

use super::listener::{Source, last_event, open};
use super::{News, bad_cursor};
use crate::Call;

const DASHBOARD: &str = "dashboard";
/// Between two makings of a tile.
const PACE: Duration = Duration::from_secs(1);
/// After this time a tile is made again though no event asked for it: some count days.
const STALE: Duration = Duration::from_secs(600);

/// The dashboard of a reader.
struct Board {
    id: Id,
    /// The number up to which the log was looked at; none before the first look.
    seen: Option<i64>,
    /// What the reader had before its connection broke: tiles that nothing has touched since are not sent.
    had: Option<i64>,
    /// In whose right the tiles were made.
    made_for: Option<Arc<Caller>>,
    /// As the layout counts them; one more when it has none, which is asked for and never sent.
    tiles: Vec<Tile>,
    /// What was said of the layout.
    said: Option<usize>,
    /// The number that the reader was given last.
    given: Option<i64>,
}

struct Tile {
    /// Whether it has to be made.
    is_due: bool,
    made: Option<Instant>,
    /// The tables that it was made of.
    tables: HashSet<Arc<str>>,
    /// What was sent.
    sent: Option<J>,
}

impl Tile {
    fn new() -> Self {
        Self { is_due: true, made: None, tables: HashSet::new(), sent: None }
    }

    /// When it is to be made next.
    fn next(&self) -> Option<Instant> {
        let pause = if self.is_due { PACE } else { STALE };
        self.made.map(|made| made + pause)
    }
}

/// Opens a stream.
///
/// # Errors
/// 400000 for parameters, 400005 for a `Last-Event-ID` that is none; 403, 404001 for a dashboard that the caller may not
/// see; 429000 for too many; the database's.
pub async fn stream(news: Arc<News>, call: Call) -> Result<Response<Body>> {
    let ctx = news.api.ctx(&call).await?;
    let _ = call.params(&[])?;
    let id = call.id(2)?;
    // Refused before anything is sent.
    let _ = show(&news, &ctx, id, usize::MAX).await?;
    let had = match last_event(&call) {
        Some(last) => had(&news, &ctx, last).await?,
        None => None,
    };
    let board = Board { id, seen: None, had, made_for: None, tiles: vec![Tile::new()], said: None, given: had };
    open(&news, &call, &ctx, board)
}

/// The number that a reader had. Of one that is no longer kept nothing is known: it gets everything.
async fn had(news: &News, ctx: &Ctx, last: &str) -> Result<Option<i64>> {
    let number: Option<i64> = last.parse().ok().filter(|_| last.bytes().all(|b| b.is_ascii_digit()));
    let number = number.ok_or_else(|| bad_cursor("Last-Event-ID is the id of an event of the stream".to_owned()))?;
    let head = head(&**news.api.records.store(), ctx.space()).await?;
    if number > head.last {
        return Err(bad_cursor(format!("the log ends at {}, and the cursor is behind its end", head.last)));
    }
    Ok((number + 1 >= head.first).then_some(number))
}

/// A tile as the view `data` has it, and how many there are.
async fn show(news: &News, ctx: &Ctx, id: Id, tile: usize) -> Result<(Option<J>, usize)> {
    let tile = i64::try_from(tile).unwrap_or(i64::MAX);
    let input = Json::Object(vec![("tile".to_owned(), Json::Number(tile.to_string()))]);
    let glance = Glance { object: DASHBOARD, view: "data", id, input: &input, media: view::JSON.to_owned() };
    let Sheet::Json(bytes) = news.api.records.look(ctx, glance).await? else {
        return Err(Error::internal("a dashboard's data are no JSON"));
    };
    let mut data: J = serde_json::from_slice(&bytes).map_err(Error::internal)?;
    let count = data.get("tile_count").and_then(J::as_u64).unwrap_or_default();
    let tile = data.pointer_mut("/tiles/0").map(J::take);
    Ok((tile, usize::try_from(count).unwrap_or(usize::MAX)))
}

impl Source for Board {
    fn greeting(&self) -> &'static str {
        "a dashboard"
    }

    fn read<'a>(&'a mut self, news: &'a News, ctx: &'a Ctx) -> BoxFuture<'a, Result<Option<Bytes>>> {
        async move {
            self.look(news, ctx.space()).await?;
            if self.made_for.as_ref().is_none_or(|caller| !same_rights(caller, &ctx.caller)) {
                self.tiles.iter_mut().for_each(|tile| tile.is_due = true);
                self.made_for = Some(ctx.caller.clone());
            }
            let now = Instant::now();
            while let Some(place) = self.tiles.iter().position(|tile| tile.next().is_none_or(|next| next <= now)) {
                if let Some(part) = self.make(news, ctx, place).await? {
                    return Ok(Some(part));
                }
            }
            Ok(None)
        }
        .boxed()
    }

    fn again(&self) -> Option<Instant> {
        self.tiles.iter().filter_map(Tile::next).min()
    }
}

impl Board {
    /// Which tiles the log has touched.
    async fn look(&mut self, news: &News, space: SpaceId) -> Result<()> {
        let store = &**news.api.records.store();
        let Some(seen) = self.seen else {
            self.seen = Some(head(store, space).await?.last);
            return Ok(());
        };
        let kinds = touched(store, space, seen).await?;
        let tables = tables(news, space, kinds.iter().map(|(kind, _)| kind.as_str())).await?;
        for tile in &mut self.tiles {
            tile.is_due |= !tile.tables.is_disjoint(&tables);
        }
        self.seen = kinds.iter().map(|(_, last)| *last).chain([seen]).max();
        Ok(())
    }

    /// Makes a tile; what is to be sent of it, where it has become another.
    async fn make(&mut self, news: &News, ctx: &Ctx, place: usize) -> Result<Option<Bytes>> {
        let space = ctx.space();
        let (made, seen) = news.commits.observed(show(news, ctx, self.id, place)).await;
        let (shown, count) = made?;
        self.tiles.resize_with(count.max(1), Tile::new);
        let mut parts = String::new();
        if self.said != Some(count) {
            self.said = Some(count);
            let data = json!({"id": self.id.to_string(), "tile_count": count});
            parts.push_str(&format!("event: dashboard\ndata: {data}\n\n"));
        }
        let Some(tile) = self.tiles.get_mut(place) else {
            return Ok((!parts.is_empty()).then(|| Bytes::from(parts)));
        };
        let is_first = tile.made.is_none();
        tile.made = Some(Instant::now());
        tile.is_due = false;
        tile.tables = seen.tables(space).cloned().collect();
        let shown = shown.filter(|shown| tile.sent.as_ref() != Some(shown));
        if let Some(shown) = &shown {
            tile.sent = Some(shown.clone());
        }
        let had = self.had.filter(|_| is_first && shown.is_some());
        let was_had = match had {
            Some(had) => {
                let kinds = touched(&**news.api.records.store(), space, had).await?;
                let since = tables(news, space, kinds.iter().map(|(kind, _)| kind.as_str())).await?;
                self.tiles.get(place).is_some_and(|tile| tile.tables.is_disjoint(&since))
            }
            None => false,
        };
        // A reader that comes back with an id has everything up to it: it is given when nothing else is due.
        let id = self.seen.filter(|_| !self.tiles.iter().any(|tile| tile.is_due));
        if let Some(mut shown) = shown.filter(|_| !was_had) {
            if let Some(members) = shown.as_object_mut() {
                members.insert("tile".to_owned(), json!(place));
            }
            match id {
                Some(id) => parts.push_str(&format!("id: {id}\n")),
                None => self.given = None,
            }
            parts.push_str(&format!("event: tile\ndata: {shown}\n\n"));
        } else if let Some(id) = id.filter(|_| self.given.is_none()) {
            // Tiles were sent without it.
            parts.push_str(&format!("id: {id}\n\n"));
        }
        self.given = id.or(self.given);
        Ok((!parts.is_empty()).then(|| Bytes::from(parts)))
    }
}

/// Whether both see the same.
fn same_rights(a: &Caller, b: &Caller) -> bool {
    a.policy == b.policy && a.scopes == b.scopes && a.standing == b.standing && a.user_id == b.user_id
}

/// The tables of the objects that these types of events are about.
async fn tables(news: &News, space: SpaceId, kinds: impl Iterator<Item = &str>) -> Result<HashSet<Arc<str>>> {
    // Types are in version 1's words.
    let catalog = news.api.catalogs.get(space).await?;
    let table = |kind: &str| catalog.object(object_of(kind)).map(|def| def.table_name().clone());
    Ok(kinds.filter_map(table).collect())
}
