//! What `npm run build` made. A debug build reads the files when they are asked for, a release holds them.

use std::borrow::Cow;
use std::fmt::Write as _;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../../web/dist"]
#[allow_missing = true]
struct Dist;

/// A file with the first 128 bits of its SHA-256 in hexadecimal digits.
pub struct File {
    pub bytes: Cow<'static, [u8]>,
    pub digest: String,
}

/// The file at a path below `web/dist`.
pub fn find(path: &str) -> Option<File> {
    let file = Dist::get(path)?;
    let mut digest = String::with_capacity(32);
    for byte in file.metadata.sha256_hash().iter().take(16) {
        write!(digest, "{byte:02x}").ok()?;
    }
    Some(File { bytes: file.data, digest })
}
