//! `/v1/webhook_endpoints` and `/v1/webhook_deliveries`, against a receiver of our own.

mod choice;
mod endpoints;
mod faults;
mod order;
mod outage;
mod signatures;
mod sink;

use std::time::{Duration, Instant};

use kontor_testkit::{Api, Backend, Builder, Server, unique};
use serde_json::{Value, json};

pub use sink::{Got, Says, Sink};

/// How long a delivery may take on the slowest machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A server that may call this machine, and tries again soon: 5 s of the schedule are 20 ms.
pub fn quick(backend: Backend) -> Builder {
    Server::builder()
        .backend(backend)
        .env("KONTOR_EGRESS_ALLOW", "127.0.0.1/32")
        .env("KONTOR_WEBHOOKS_FIRST_RETRY_MS", "20")
        .env("KONTOR_WEBHOOKS_TIMEOUT_MS", "2000")
}

/// An endpoint; its id and its secret.
pub async fn endpoint(api: &Api, url: &str, more: Value) -> (String, String) {
    let mut body = json!({"url": url});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = api.post("/v1/webhook_endpoints", body).await.expect(201);
    (made.id(), made.data()["secret"].as_str().expect("a secret").to_owned())
}

pub async fn contact(api: &Api) -> String {
    api.create("/v1/contacts", json!({"last_name": unique("Roe")})).await
}

/// Waits until something is so.
pub async fn until<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The only delivery to an endpoint once it is in this state, with its attempts.
pub async fn delivery(api: &Api, endpoint: &str, state: &str) -> Value {
    let path = format!("/v1/webhook_deliveries?webhook_endpoint_id={endpoint}&state={state}");
    let id = until(&format!("{endpoint} {state}"), async || api.get(&path).await.expect(200).ids().pop()).await;
    api.get(&format!("/v1/webhook_deliveries/{id}")).await.expect(200).data().clone()
}
