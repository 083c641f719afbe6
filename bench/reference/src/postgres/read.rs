//! Reads on four shared connections: questions of different requests travel in one pipeline.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use axum::body::Bytes;
use tokio_postgres::{Client, Row, Statement, types::ToSql};

use super::schema::WRITTEN;
use crate::answer::{self, List, Record};
use crate::store::Read;

const CONNECTIONS: usize = 4;

struct Reader {
    client: Client,
    one: Statement,
    first: Statement,
    after: Statement,
    search: Statement,
    aggregate: Statement,
}

pub struct Readers {
    readers: Vec<Reader>,
    turn: AtomicUsize,
}

impl Readers {
    pub async fn open(url: &str) -> Result<Self> {
        let mut readers = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            readers.push(Reader::open(url).await?);
        }
        Ok(Self { readers, turn: AtomicUsize::new(0) })
    }

    pub async fn answer(&self, ask: Read) -> Result<Option<Bytes>> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % CONNECTIONS;
        self.readers.get(turn).context("no connection")?.answer(ask).await
    }
}

impl Reader {
    async fn open(url: &str) -> Result<Self> {
        let client = super::connect(url).await?;
        let page = |more: &str| {
            format!(
                "SELECT {WRITTEN} FROM contacts WHERE city = $1 AND deleted_at IS NULL {more} ORDER BY created_at DESC, id DESC LIMIT 51"
            )
        };
        Ok(Self {
            one: client.prepare(&format!("SELECT {WRITTEN} FROM contacts WHERE id = $1 AND deleted_at IS NULL")).await?,
            first: client.prepare(&page("")).await?,
            after: client.prepare(&page("AND (created_at, id) < ($2, $3)")).await?,
            search: client
                .prepare(&format!(
                    "SELECT {WRITTEN} FROM contacts WHERE words @@ plainto_tsquery('simple', $1) AND deleted_at IS NULL \
                     ORDER BY ts_rank(words, plainto_tsquery('simple', $1)) DESC LIMIT 51"
                ))
                .await?,
            aggregate: client
                .prepare("SELECT lifecycle_stage, count(*) FROM contacts WHERE deleted_at IS NULL GROUP BY lifecycle_stage ORDER BY lifecycle_stage")
                .await?,
            client,
        })
    }

    async fn answer(&self, ask: Read) -> Result<Option<Bytes>> {
        match ask {
            Read::One(id) => Ok(self
                .client
                .query_opt(&self.one, &[&id])
                .await?
                .map(|row| record(&row, |record| answer::one(200, record)))),
            Read::Page { city, after: None } => self.list(&self.first, &[&city]).await,
            Read::Page { city, after: Some((at, id)) } => self.list(&self.after, &[&city, &at, &id]).await,
            Read::Search(word) => self.list(&self.search, &[&word]).await,
            Read::Aggregate => {
                let rows = self.client.query(&self.aggregate, &[]).await?;
                let groups: Vec<(String, i64)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
                Ok(Some(answer::groups(&groups)))
            }
        }
    }

    async fn list(&self, statement: &Statement, values: &[&(dyn ToSql + Sync)]) -> Result<Option<Bytes>> {
        let rows = self.client.query(statement, values).await?;
        let mut list = List::default();
        for row in &rows {
            record(row, |record| list.push(record));
        }
        Ok(Some(list.finish()))
    }
}

fn record<T>(row: &Row, with: impl FnOnce(&Record<'_>) -> T) -> T {
    let mut texts = [""; 12];
    for (at, text) in texts.iter_mut().enumerate() {
        *text = row.get::<_, Option<&str>>(7 + at).unwrap_or_default();
    }
    with(&Record {
        id: row.get(0),
        version: row.get(1),
        created_at: row.get(2),
        updated_at: row.get(3),
        created_by: row.get(4),
        updated_by: row.get(5),
        owner_id: row.get(6),
        texts,
        do_not_call: row.get(19),
        do_not_email: row.get(20),
        tags: row.get(21),
    })
}
