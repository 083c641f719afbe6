//! Files as rows: `blob` says what it is, `blob_chunk` holds its bytes in parts.
//!
//! An upload has parts of [`PART`] bytes, so that any position can be found; a report has a part for each chunk of
//! work, committed with it.

use std::sync::Arc;

use bytes::Bytes;
use futures::Stream;
use kontor_model::{Clock, Error, Id, IdGenerator, Kind, Op, Result, SpaceId, Value};
use kontor_store::{Batch, ColumnRef, Cond, Expr, OnConflict, Select, Set, Store, Write, system};

/// Bytes of an upload's parts, but for the last.
pub const PART: usize = 1 << 20;

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    pub id: Id,
    pub name: String,
    pub media_type: String,
    /// Negative while it is being written.
    pub bytes: i64,
    pub parts: i64,
}

/// Keeps files.
#[derive(Clone)]
pub struct Blobs {
    pub(crate) store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<IdGenerator>,
}

/// A part as a write.
pub fn part_write(blob: Id, part: i64, data: Vec<u8>) -> Write {
    insert(
        system::BLOB_CHUNK,
        vec![
            ("blob_id", Kind::Int, blob.0.into()),
            ("part", Kind::Int, part.into()),
            ("data", Kind::Bytes, Value::Bytes(data)),
        ],
    )
}

fn insert(table: &str, row: Vec<(&str, Kind, Value)>) -> Write {
    let (columns, values): (Vec<_>, Vec<_>) =
        row.into_iter().map(|(name, kind, value)| (ColumnRef::new(name, kind), value)).unzip();
    Write::Insert { table: table.into(), columns: columns.into(), values, on_conflict: OnConflict::Fail, search: None }
}

/// Says that a file is whole.
pub fn finish_write(blob: Id, bytes: i64, parts: i64) -> Write {
    Write::Update {
        table: system::BLOB.into(),
        keys: vec![system::key("id", Kind::Int, blob.0)],
        set: [("bytes", bytes), ("chunks", parts)]
            .map(|(name, n)| (ColumnRef::new(name, Kind::Int), Set::To(n.into())))
            .into(),
        must: true,
        search: None,
    }
}

impl Blobs {
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, ids: Arc<IdGenerator>) -> Self {
        Self { store, clock, ids }
    }

    /// A new, empty file as a write.
    pub fn create_write(&self, name: &str, media_type: &str) -> (Id, Write) {
        let id = self.ids.next();
        let write = insert(
            system::BLOB,
            vec![
                ("id", Kind::Int, id.0.into()),
                ("name", Kind::Text, name.into()),
                ("media_type", Kind::Text, media_type.into()),
                ("bytes", Kind::Int, (-1).into()),
                ("chunks", Kind::Int, 0.into()),
                ("created_at", Kind::Int, self.clock.now_ms().into()),
            ],
        );
        (id, write)
    }

    /// A file to be written in order.
    ///
    /// # Errors
    /// The database's.
    pub async fn create(&self, space: SpaceId, name: &str, media_type: &str) -> Result<BlobWriter> {
        let (id, write) = self.create_write(name, media_type);
        self.commit(space, vec![write]).await?;
        Ok(BlobWriter { blobs: self.clone(), space, id, buffer: Vec::new(), bytes: 0, parts: 0 })
    }

    pub(crate) async fn commit(&self, space: SpaceId, writes: Vec<Write>) -> Result<()> {
        self.store.commit(Batch { space, writes }).await.map_err(Into::into)
    }

    /// What a file is.
    ///
    /// # Errors
    /// 404001; the database's.
    pub async fn get(&self, space: SpaceId, id: Id) -> Result<Blob> {
        let columns = [("name", Kind::Text), ("media_type", Kind::Text), ("bytes", Kind::Int), ("chunks", Kind::Int)];
        let columns = columns.map(|(name, kind)| Expr::column(name, kind)).to_vec();
        let rows =
            self.store.rows(Select::new(space, system::BLOB, columns).equals("id", Kind::Int, id.0).limit(1)).await?;
        let Some([Value::Text(name), Value::Text(media_type), Value::Int(bytes), Value::Int(parts)]) =
            rows.first().map(Vec::as_slice)
        else {
            return Err(Error::not_found());
        };
        Ok(Blob { id, name: name.clone(), media_type: media_type.clone(), bytes: *bytes, parts: *parts })
    }

    /// One part, none behind the last.
    ///
    /// # Errors
    /// The database's.
    pub async fn part(&self, space: SpaceId, id: Id, part: i64) -> Result<Option<Vec<u8>>> {
        let select = Select::new(space, system::BLOB_CHUNK, vec![Expr::column("data", Kind::Bytes)])
            .equals("blob_id", Kind::Int, id.0)
            .equals("part", Kind::Int, part)
            .limit(1);
        let mut rows = self.store.rows(select).await?;
        Ok(match rows.pop().and_then(|mut row| row.pop()) {
            Some(Value::Bytes(data)) => Some(data),
            _ => None,
        })
    }

    /// The parts there are, in order, as they are asked for.
    pub fn stream(&self, space: SpaceId, id: Id) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
        let blobs = self.clone();
        futures::stream::try_unfold(0_i64, move |part| {
            let blobs = blobs.clone();
            async move { Ok(blobs.part(space, id, part).await?.map(|data| (Bytes::from(data), part + 1))) }
        })
    }

    /// Writes that remove a file.
    pub fn delete_writes(id: Id) -> Vec<Write> {
        let delete = |table: &str, key: &str| Write::Delete {
            table: table.into(),
            keys: vec![system::key(key, Kind::Int, id.0)],
            must: false,
            search: false,
        };
        vec![delete(system::BLOB_CHUNK, "blob_id"), delete(system::BLOB, "id")]
    }

    /// Removes a file.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete(&self, space: SpaceId, id: Id) -> Result<()> {
        self.commit(space, Self::delete_writes(id)).await
    }

    /// Files of these beginnings of names that were made before a time (Unix milliseconds), at most a hundred.
    pub(crate) async fn older(&self, space: SpaceId, prefixes: &[&str], before: i64) -> Result<Vec<Id>> {
        let named = prefixes
            .iter()
            .map(|p| Cond::Test { left: Expr::column("name", Kind::Text), op: Op::StartsWith, right: Value::text(*p) })
            .collect();
        let select = Select::new(space, system::BLOB, vec![Expr::column("id", Kind::Int)])
            .filter(Cond::Or(named))
            .filter(Cond::Test { left: Expr::column("created_at", Kind::Int), op: Op::Lt, right: before.into() })
            .limit(100);
        Ok(self.store.rows(select).await?.iter().filter_map(|row| Some(Id(row.first()?.as_i64()?))).collect())
    }
}

/// A file that is being written.
pub struct BlobWriter {
    blobs: Blobs,
    space: SpaceId,
    id: Id,
    buffer: Vec<u8>,
    bytes: i64,
    parts: i64,
}

impl BlobWriter {
    pub fn id(&self) -> Id {
        self.id
    }

    /// Bytes so far.
    pub fn bytes(&self) -> i64 {
        self.bytes
    }

    /// Appends; holds at most a part in memory.
    ///
    /// # Errors
    /// The database's.
    pub async fn write(&mut self, mut data: &[u8]) -> Result<()> {
        self.bytes += i64::try_from(data.len()).unwrap_or(i64::MAX);
        while !data.is_empty() {
            let room = (PART - self.buffer.len()).min(data.len());
            let (now, rest) = data.split_at(room);
            self.buffer.extend_from_slice(now);
            data = rest;
            if self.buffer.len() == PART {
                self.flush().await?;
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        let data = std::mem::take(&mut self.buffer);
        self.blobs.commit(self.space, vec![part_write(self.id, self.parts, data)]).await?;
        self.parts += 1;
        Ok(())
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The database's.
    pub async fn finish(mut self) -> Result<Id> {
        if !self.buffer.is_empty() {
            self.flush().await?;
        }
        self.blobs.commit(self.space, vec![finish_write(self.id, self.bytes, self.parts)]).await?;
        Ok(self.id)
    }

    /// Throws it away.
    ///
    /// # Errors
    /// The database's.
    pub async fn abandon(self) -> Result<()> {
        self.blobs.delete(self.space, self.id).await
    }
}
