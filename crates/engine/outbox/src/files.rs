//! Files that go with messages: their bytes in `blob_chunk`, in parts, what they are in the message's row.

use kontor_model::{Attachment, Id, IdGenerator, Kind, Result, SpaceId, Value};
use kontor_store::{Batch, Expr, Select, Store, Write, system};
use serde_json::{Value as J, json};

/// Bytes of a part.
const PART: usize = 1 << 20;
/// Bytes that all files of a message may have together; what mail servers commonly take is twice that, encoded.
pub const MOST: usize = 10 << 20;

/// One file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub name: String,
    /// `application/pdf`
    pub media: String,
    pub bytes: u64,
    /// Where its bytes are; none when they are not kept.
    pub blob: Option<Id>,
}

impl File {
    /// As administrators see it.
    pub fn shown(&self) -> J {
        json!({"name": self.name, "media_type": self.media, "bytes": self.bytes})
    }
}

/// The files of a letter, and the writes that keep them where all of them are to be sent.
pub fn keep(ids: &IdGenerator, now: i64, attachments: &[Attachment], fits: bool) -> (Vec<File>, Vec<Write>) {
    let mut batch = Batch::new(SpaceId(0));
    let mut files = Vec::with_capacity(attachments.len());
    for attachment in attachments {
        let blob = fits.then(|| ids.next());
        if let Some(blob) = blob {
            let parts = attachment.bytes.chunks(PART);
            batch.insert(
                system::BLOB,
                vec![
                    ("id", Kind::Int, blob.0.into()),
                    ("name", Kind::Text, format!("outbox/{}", attachment.name).into()),
                    ("media_type", Kind::Text, attachment.media.as_str().into()),
                    ("bytes", Kind::Int, count(attachment.bytes.len()).into()),
                    ("chunks", Kind::Int, count(parts.len()).into()),
                    ("created_at", Kind::Int, now.into()),
                ],
            );
            for (part, data) in parts.enumerate() {
                batch.insert(
                    system::BLOB_CHUNK,
                    vec![
                        ("blob_id", Kind::Int, blob.0.into()),
                        ("part", Kind::Int, count(part).into()),
                        ("data", Kind::Bytes, Value::Bytes(data.to_vec())),
                    ],
                );
            }
        }
        let bytes = u64::try_from(attachment.bytes.len()).unwrap_or(u64::MAX);
        files.push(File { name: attachment.name.clone(), media: attachment.media.clone(), bytes, blob });
    }
    (files, batch.writes)
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The list as it is kept.
pub fn stored(files: &[File]) -> String {
    let one = |f: &File| json!({"name": f.name, "media": f.media, "bytes": f.bytes, "blob": f.blob.map(|id| id.0)});
    J::from(files.iter().map(one).collect::<Vec<_>>()).to_string()
}

pub fn read(stored: &str) -> Vec<File> {
    let list: Vec<J> = serde_json::from_str(stored).unwrap_or_default();
    let text = |file: &J, name: &str| file.get(name).and_then(J::as_str).unwrap_or_default().to_owned();
    list.iter()
        .map(|file| File {
            name: text(file, "name"),
            media: text(file, "media"),
            bytes: file.get("bytes").and_then(J::as_u64).unwrap_or_default(),
            blob: file.get("blob").and_then(J::as_i64).map(Id),
        })
        .collect()
}

/// The bytes of a file; none when they are not kept any more.
pub async fn bytes(store: &dyn Store, space: SpaceId, file: &File) -> Result<Option<Vec<u8>>> {
    let Some(blob) = file.blob else { return Ok(None) };
    let mut out = Vec::new();
    for part in 0_i64.. {
        let select = Select::new(space, system::BLOB_CHUNK, vec![Expr::column("data", Kind::Bytes)])
            .equals("blob_id", Kind::Int, blob.0)
            .equals("part", Kind::Int, part)
            .limit(1);
        match store.rows(select).await?.pop().and_then(|mut row| row.pop()) {
            Some(Value::Bytes(data)) => out.extend(data),
            _ => break,
        }
    }
    let whole = u64::try_from(out.len()).is_ok_and(|n| n == file.bytes);
    Ok(whole.then_some(out))
}

/// Writes that remove the bytes of files.
pub fn remove(files: &[File]) -> Vec<Write> {
    let delete = |table: &str, key: &str, id: Id| Write::Delete {
        table: table.into(),
        keys: vec![system::key(key, Kind::Int, id.0)],
        must: false,
        search: false,
    };
    let blobs = files.iter().filter_map(|file| file.blob);
    blobs.flat_map(|id| [delete(system::BLOB_CHUNK, "blob_id", id), delete(system::BLOB, "id", id)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_files_is_read_as_it_was_written() {
        let files = vec![
            File { name: "INV \"1\".pdf".into(), media: "application/pdf".into(), bytes: 3, blob: Some(Id(7)) },
            File { name: "b".into(), media: "text/plain".into(), bytes: 0, blob: None },
        ];
        assert_eq!(read(&stored(&files)), files);
        assert!(read("nothing").is_empty());
    }
}
