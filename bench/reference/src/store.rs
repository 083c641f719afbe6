//! The questions and changes, and which back end hears them.

use std::sync::Arc;

use anyhow::Result;
use axum::body::Bytes;
use kontor_bench_reference::rows::Contact;

use crate::postgres::Postgres;
use crate::sqlite::Sqlite;

pub enum Read {
    One(i64),
    Page { city: String, after: Option<(i64, i64)> },
    Search(String),
    Aggregate,
}

pub enum Write {
    Create(Box<Contact>),
    Batch(Vec<Contact>),
    Replace(i64, Box<Contact>),
    Delete(i64),
}

#[derive(Clone)]
pub enum Store {
    Sqlite(Sqlite),
    Postgres(Arc<Postgres>),
}

impl Store {
    /// The answer's body; `None` when there is no such record.
    pub async fn read(&self, ask: Read) -> Result<Option<Bytes>> {
        match self {
            Self::Sqlite(store) => store.read(ask).await,
            Self::Postgres(store) => store.read(ask).await,
        }
    }

    pub async fn write(&self, ask: Write) -> Result<Option<Bytes>> {
        match self {
            Self::Sqlite(store) => store.write(ask).await,
            Self::Postgres(store) => store.write(ask).await,
        }
    }
}
