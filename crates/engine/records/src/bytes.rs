//! The bytes of files: one row that says what they are, and their parts. They are written, and go, in the commit of what
//! they belong to.

use kontor_model::{Id, Kind, Result, SpaceId, Value};
use kontor_store::{Batch, Expr, Select, Store, Write, system};

/// Bytes of a part.
const PART: usize = 1 << 20;

/// A file to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewFile<'a> {
    /// Where its bytes are to be found.
    pub blob: Id,
    /// Whose it is and its name: `outbox/invoice.pdf`.
    pub name: &'a str,
    /// `application/pdf`
    pub media: &'a str,
    pub bytes: &'a [u8],
    /// Unix milliseconds.
    pub at: i64,
}

/// Writes that keep a file.
pub fn keep(file: NewFile<'_>) -> Vec<Write> {
    let mut batch = Batch::new(SpaceId(0));
    let parts = file.bytes.chunks(PART);
    batch.insert(
        system::BLOB,
        vec![
            ("id", Kind::Int, file.blob.0.into()),
            ("name", Kind::Text, file.name.into()),
            ("media_type", Kind::Text, file.media.into()),
            ("bytes", Kind::Int, count(file.bytes.len()).into()),
            ("chunks", Kind::Int, count(parts.len()).into()),
            ("created_at", Kind::Int, file.at.into()),
        ],
    );
    for (part, data) in parts.enumerate() {
        batch.insert(
            system::BLOB_CHUNK,
            vec![
                ("blob_id", Kind::Int, file.blob.0.into()),
                ("part", Kind::Int, count(part).into()),
                ("data", Kind::Bytes, Value::Bytes(data.to_vec())),
            ],
        );
    }
    batch.writes
}

/// Writes that remove the bytes of a file.
pub fn remove(blob: Id) -> [Write; 2] {
    let delete = |table: &str, key: &str| Write::Delete {
        table: table.into(),
        keys: vec![system::key(key, Kind::Int, blob.0)],
        must: false,
        search: false,
    };
    [delete(system::BLOB_CHUNK, "blob_id"), delete(system::BLOB, "id")]
}

/// The bytes of a file; none when they are not all there.
///
/// # Errors
/// The database's.
pub async fn read(store: &dyn Store, space: SpaceId, blob: Id, bytes: u64) -> Result<Option<Vec<u8>>> {
    let mut out = Vec::new();
    for number in 0.. {
        let Some(data) = part(store, space, blob, number).await? else { break };
        out.extend(data);
    }
    Ok(u64::try_from(out.len()).is_ok_and(|n| n == bytes).then_some(out))
}

/// A part of a file, at most 1 MiB, the first is 0; none behind the last.
///
/// # Errors
/// The database's.
pub async fn part(store: &dyn Store, space: SpaceId, blob: Id, number: i64) -> Result<Option<Vec<u8>>> {
    let select = Select::new(space, system::BLOB_CHUNK, vec![Expr::column("data", Kind::Bytes)])
        .equals("blob_id", Kind::Int, blob.0)
        .equals("part", Kind::Int, number)
        .limit(1);
    Ok(match store.rows(select).await?.pop().and_then(|mut row| row.pop()) {
        Some(Value::Bytes(data)) => Some(data),
        _ => None,
    })
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
