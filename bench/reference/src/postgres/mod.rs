//! PostgreSQL as the product uses it: shared pipelined connections for reads, a grouped writer for changes.

mod read;
mod schema;
mod write;

use anyhow::{Context, Result};
use axum::body::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::{Client, NoTls};

use crate::store::{Read, Write};

pub use schema::seed;

/// A change and where its answer goes.
pub struct Job {
    pub ask: Write,
    pub answer: oneshot::Sender<Result<Option<Bytes>>>,
}

pub struct Postgres {
    readers: read::Readers,
    writes: mpsc::Sender<Job>,
}

impl Postgres {
    pub async fn open(url: &str) -> Result<Self> {
        schema::ensure_database(url).await?;
        schema::create(&connect(url).await?).await?;
        Ok(Self { readers: read::Readers::open(url).await?, writes: write::start(url).await? })
    }

    pub async fn read(&self, ask: Read) -> Result<Option<Bytes>> {
        self.readers.answer(ask).await
    }

    pub async fn write(&self, ask: Write) -> Result<Option<Bytes>> {
        let (answer, result) = oneshot::channel();
        self.writes.try_send(Job { ask, answer }).ok().context("the queue is full")?;
        result.await.context("the writer has gone")?
    }
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.with_context(|| format!("connect to {url}"))?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            eprintln!("postgres: {error}");
        }
    });
    Ok(client)
}
