//! SQLite as the product uses it: four reader threads and one writer thread behind channels, one answer channel per question.

mod checkpoint;
mod read;
mod schema;
mod write;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::body::Bytes;
use crossbeam_channel::Sender;
use tokio::sync::oneshot;

use crate::ids::Ids;
use crate::store::{Read, Write};

pub use schema::seed;

/// A question and where its answer goes.
pub struct Job<T> {
    pub ask: T,
    pub answer: oneshot::Sender<Result<Option<Bytes>>>,
}

#[derive(Clone)]
pub struct Sqlite {
    reads: Sender<Job<Read>>,
    writes: Sender<Job<Write>>,
}

const READERS: usize = 4;
const QUEUE: usize = 4_096;

impl Sqlite {
    pub fn open(file: &Path, mmap_mb: u32) -> Result<Self> {
        let (reads, read_queue) = crossbeam_channel::bounded(QUEUE);
        let (writes, write_queue) = crossbeam_channel::bounded(QUEUE);
        let writer = schema::connect(file, mmap_mb)?;
        schema::create(&writer, true)?;
        let ids = Arc::new(Ids::default());
        thread("writer", move || write::run(&writer, &write_queue, &ids))?;
        for _ in 0..READERS {
            let (connection, queue) = (schema::connect(file, mmap_mb)?, read_queue.clone());
            thread("reader", move || read::run(&connection, &queue))?;
        }
        let connection = schema::connect(file, mmap_mb)?;
        let mut wal = file.as_os_str().to_owned();
        wal.push("-wal");
        thread("checkpointer", move || checkpoint::run(&connection, Path::new(&wal)))?;
        Ok(Self { reads, writes })
    }

    pub async fn read(&self, ask: Read) -> Result<Option<Bytes>> {
        send(&self.reads, ask).await
    }

    pub async fn write(&self, ask: Write) -> Result<Option<Bytes>> {
        send(&self.writes, ask).await
    }
}

async fn send<T>(queue: &Sender<Job<T>>, ask: T) -> Result<Option<Bytes>> {
    let (answer, result) = oneshot::channel();
    queue.try_send(Job { ask, answer }).ok().context("the queue is full")?;
    result.await.context("the database thread has gone")?
}

fn thread(name: &str, body: impl FnOnce() + Send + 'static) -> Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(body)?;
    Ok(())
}
