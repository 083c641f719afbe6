//! `/v1/events`: the log of what happened.

mod bus;
mod faults;
#[cfg(feature = "kafka")]
mod kafka;
mod log;
mod relays;
mod rights;
pub mod stream;

use std::time::{Duration, Instant};

use kontor_testkit::Api;
use serde_json::Value;

/// How long the relay may take on the slowest machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The events about a record, once there are as many.
pub async fn about(api: &Api, subject: &str, count: usize) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let page = api.get(&format!("/v1/events?subject={subject}&limit=500")).await.expect(200);
        if page.rows().len() >= count {
            return page.rows().to_vec();
        }
        assert!(begun.elapsed() < PATIENCE, "{count} events of {subject} are wanted: {page}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// An event's number.
pub fn sequence(event: &Value) -> i64 {
    event["sequence"].as_str().and_then(|text| text.parse().ok()).expect("a sequence")
}

/// The types of events.
pub fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap_or_default()).collect()
}
