//! `/v1/privacy`: what persons ask for.

mod access;
mod erasure;
mod requests;
mod retention;

use std::time::{Duration, Instant};

use kontor_testkit::Api;
use serde_json::{Value, json};

/// Makes a request and waits until it is done.
async fn ask(api: &Api, kind: &str, object: &str, id: &str) -> Value {
    let body = json!({"kind": kind, "subject": {"object": object, "id": id}});
    let begun = Instant::now();
    let made = api.post("/v1/privacy/requests", body).await.expect(202);
    let location = made.header("location").to_owned();
    loop {
        let request = api.get(&location).await.expect(200).data().clone();
        if request["state"] == "completed" {
            return request;
        }
        assert!(!["failed", "cancelled"].contains(&request["state"].as_str().unwrap()), "{request}");
        assert!(begun.elapsed() < Duration::from_secs(120), "{request}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
