//! Canonical bytes and what is hashed: every value with its length, so that no two entries have the same bytes.

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// A digest over values that keep their borders.
pub struct Canon(Sha256);

impl Canon {
    /// `purpose` keeps hashes of different things apart.
    pub fn new(purpose: &str) -> Self {
        let mut canon = Self(Sha256::new());
        canon.bytes(purpose.as_bytes());
        canon
    }

    pub fn int(&mut self, n: i64) {
        self.0.update(n.to_be_bytes());
    }

    pub fn optional_int(&mut self, n: Option<i64>) {
        self.0.update([u8::from(n.is_some())]);
        self.int(n.unwrap_or_default());
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    pub fn optional_text(&mut self, text: Option<&str>) {
        self.0.update([u8::from(text.is_some())]);
        self.bytes(text.unwrap_or_default().as_bytes());
    }

    pub fn finish(self) -> Hash {
        self.0.finalize().into()
    }
}

/// The commitment to an entry's personal part; without the salt it says nothing about it.
pub fn commitment(salt: &[u8], changes: Option<&str>, ip: Option<&str>) -> Hash {
    let mut canon = Canon::new("kontor.audit.personal.1");
    canon.bytes(salt);
    canon.optional_text(changes);
    canon.optional_text(ip);
    canon.finish()
}

/// SHA-256 of plain bytes.
pub fn of(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
