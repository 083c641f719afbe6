//! The business of `leads`.

mod conversion;
mod rules;
mod states;

use kontor_testkit::{Api, serial, unique};
use serde_json::{Value, json};

/// A lead that nobody else has; its path.
pub async fn lead(api: &Api, more: Value) -> String {
    let mut body = json!({"first_name": "Maria", "last_name": unique("Roe")});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    format!("/v1/leads/{}", api.create("/v1/leads?allow_duplicates=true", body).await)
}

pub async fn act(api: &Api, at: &str, action: &str, body: Value) -> kontor_testkit::Reply {
    api.post(&format!("{at}/{action}"), body).await
}

pub async fn read(api: &Api, path: &str) -> Value {
    api.get(path).await.expect(200).data().clone()
}

/// A domain that nobody else has.
pub fn domain() -> String {
    format!("{}.example", serial())
}
