//! Ids of the product's shape: `unix_ms << 18`, raised by one when a millisecond is used up.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Default)]
pub struct Ids(AtomicI64);

impl Ids {
    pub fn next(&self) -> i64 {
        let floor = now() << 18;
        let last = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some((last + 1).max(floor)));
        last.map_or(floor, |last| (last + 1).max(floor))
    }
}

/// Unix milliseconds.
#[expect(clippy::disallowed_methods, reason = "the floor has no clock to be given; nothing is tested against its time")]
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|d| i64::try_from(d.as_millis()).ok()).unwrap_or(0)
}
