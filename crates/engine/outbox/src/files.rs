//! Files that go with messages: their bytes in `blob_chunk`, in parts, what they are in the message's row.

use kontor_model::{Attachment, Id, IdGenerator, Result, SpaceId};
use kontor_records::bytes::{self, NewFile};
use kontor_store::{Store, Write};
use serde_json::{Value as J, json};

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
    let mut writes = Vec::new();
    let mut files = Vec::with_capacity(attachments.len());
    for attachment in attachments {
        let blob = fits.then(|| ids.next());
        if let Some(blob) = blob {
            let name = format!("outbox/{}", attachment.name);
            let (media, bytes) = (attachment.media.as_str(), attachment.bytes.as_slice());
            writes.extend(bytes::keep(NewFile { blob, name: &name, media, bytes, at: now }));
        }
        let bytes = u64::try_from(attachment.bytes.len()).unwrap_or(u64::MAX);
        files.push(File { name: attachment.name.clone(), media: attachment.media.clone(), bytes, blob });
    }
    (files, writes)
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
pub async fn content(store: &dyn Store, space: SpaceId, file: &File) -> Result<Option<Vec<u8>>> {
    match file.blob {
        Some(blob) => bytes::read(store, space, blob, file.bytes).await,
        None => Ok(None),
    }
}

/// Writes that remove the bytes of files.
pub fn remove(files: &[File]) -> Vec<Write> {
    files.iter().filter_map(|file| file.blob).flat_map(bytes::remove).collect()
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
