//! Step 1: the request's id. A caller's own is kept when it is safe to log and to send back.

use std::fmt::Write;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderName};

/// Read from the request and written to the answer.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST: usize = 64;

/// Makes ids: 24 hexadecimal digits, distinct within a process, and over processes but for 1 in 2³² pairs.
pub struct RequestIds {
    process: u64,
    next: AtomicU64,
}

impl Default for RequestIds {
    fn default() -> Self {
        let random = RandomState::new();
        Self { process: random.hash_one(0_u8), next: AtomicU64::new(random.hash_one(1_u8)) }
    }
}

impl RequestIds {
    /// The caller's id when it is 1 to 64 letters, digits, `-`, `_`, `.` or `:`, else a new one.
    pub fn of(&self, headers: &HeaderMap) -> Arc<str> {
        match headers.get(HEADER).and_then(|v| v.to_str().ok()).filter(|id| is_safe(id)) {
            Some(id) => id.into(),
            None => self.make(),
        }
    }

    fn make(&self) -> Arc<str> {
        let n = self.next.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        let mut id = String::with_capacity(24);
        // Writing to a string does not fail.
        let _ = write!(id, "{:08x}{:016x}", self.process >> 32, mixed(n ^ self.process));
        id.into()
    }
}

fn is_safe(id: &str) -> bool {
    (1..=LONGEST).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))
}

/// A bijection that spreads neighbours (splitmix64).
fn mixed(n: u64) -> u64 {
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn safe_ids_are_kept_and_others_replaced() {
        let ids = RequestIds::default();
        let of = |text: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_bytes(text).unwrap());
            ids.of(&headers)
        };
        assert_eq!(&*of(b"a-B_9.x:y"), "a-B_9.x:y");
        for bad in ["", "a b", "a\"b", &"x".repeat(65), "é"] {
            assert_eq!(of(bad.as_bytes()).len(), 24, "{bad}");
        }
        assert_ne!(ids.of(&HeaderMap::new()), ids.of(&HeaderMap::new()));
    }
}
