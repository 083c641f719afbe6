//! Entries for those who may read them.

use futures::Stream as FutureStream;
use futures::stream;
use kontor_model::{Error, Id, Kind, Op, Result, SpaceId, Value};
use kontor_store::{Cond, Expr, Lane, Select, Store, system};
use std::sync::Arc;

use crate::row::{self, Row};
use crate::stream::compare;

/// Entries of an export's page.
const PAGE: u64 = 1_000;

/// Which entries are wanted; what is not said is no condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub user_id: Option<Id>,
    pub key_id: Option<Id>,
    pub object: Option<String>,
    pub record_id: Option<Id>,
    pub action: Option<String>,
    pub request_id: Option<String>,
    /// Unix milliseconds, included.
    pub since: Option<i64>,
    /// Unix milliseconds, not included.
    pub until: Option<i64>,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub rows: Vec<Row>,
    pub has_more: bool,
}

impl Filter {
    fn select(&self, space: SpaceId) -> Select {
        let mut select = Select::new(space, system::AUDIT, row::columns());
        let texts = [("object", &self.object), ("action", &self.action), ("request_id", &self.request_id)];
        for (name, text) in texts {
            if let Some(text) = text {
                select = select.equals(name, Kind::Text, text.as_str());
            }
        }
        for (name, id) in [("user_id", self.user_id), ("key_id", self.key_id), ("record_id", self.record_id)] {
            if let Some(id) = id {
                select = select.equals(name, Kind::Int, id.0);
            }
        }
        if let Some(since) = self.since {
            select = select.filter(compare("at", Op::Gte, since));
        }
        if let Some(until) = self.until {
            select = select.filter(compare("at", Op::Lt, until));
        }
        if *self != Self::default() {
            select.lane = Lane::Slow;
        }
        select
    }
}

/// Entries, newest first, older than `before`.
///
/// # Errors
/// The database's.
pub async fn list(
    store: &dyn Store,
    space: SpaceId,
    filter: &Filter,
    before: Option<Id>,
    limit: u32,
) -> Result<Listed> {
    let mut select = filter.select(space).order(Expr::column("id", Kind::Int), true).limit(u64::from(limit) + 1);
    if let Some(before) = before {
        select = select.filter(compare("id", Op::Lt, before.0));
    }
    let mut rows: Vec<Row> = store.rows(select).await?.into_iter().filter_map(Row::read).collect();
    let has_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    Ok(Listed { rows, has_more })
}

/// One entry.
///
/// # Errors
/// 404001; the database's.
pub async fn get(store: &dyn Store, space: SpaceId, id: Id) -> Result<Row> {
    let select = Select::new(space, system::AUDIT, row::columns()).equals("id", Kind::Int, id.0).limit(1);
    store.rows(select).await?.pop().and_then(Row::read).ok_or_else(Error::not_found)
}

/// All entries, oldest first, as lines of JSON.
pub fn export(
    store: Arc<dyn Store>,
    space: SpaceId,
    filter: Filter,
) -> impl FutureStream<Item = Result<Vec<u8>>> + Send + 'static {
    stream::try_unfold(Some(i64::MIN), move |after| {
        let (store, filter) = (store.clone(), filter.clone());
        async move {
            let Some(after) = after else { return Ok(None) };
            let mut select = filter.select(space).order(Expr::column("id", Kind::Int), false).limit(PAGE);
            select.lane = Lane::Slow;
            let above = Cond::Test { left: Expr::column("id", Kind::Int), op: Op::Gt, right: Value::Int(after) };
            let rows: Vec<Row> = store.rows(select.filter(above)).await?.into_iter().filter_map(Row::read).collect();
            let next = rows.last().filter(|_| rows.len() as u64 == PAGE).map(|row| row.id);
            let mut lines = Vec::with_capacity(rows.len() * 512);
            for row in &rows {
                lines.extend_from_slice(row.json().to_string().as_bytes());
                lines.push(b'\n');
            }
            Ok(Some((lines, next)))
        }
    })
}
