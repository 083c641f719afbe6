//! The business of `sales`.

mod deals;
mod history;
mod lines;
mod quotes;
mod stages;

use kontor_testkit::{Api, serial, unique};
use serde_json::{Value, json};

/// A pipeline of its own: New (10 %), Offer (50 %, commit, stale after 7 days), Won, Lost.
pub struct Pipeline {
    pub id: String,
    pub new: String,
    pub offer: String,
    pub won: String,
    pub lost: String,
}

/// Makes a pipeline behind all others, so that no deal goes there by itself.
pub async fn pipeline(api: &Api) -> Pipeline {
    let id = api.create("/v1/pipelines", json!({"name": unique("Pipeline"), "position": 9_000})).await;
    let stage = async |name: &str, more: Value| {
        let mut body = json!({"name": name, "pipeline_id": id});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        api.create("/v1/stages", body).await
    };
    // The order of making is not that of the stages.
    let lost = stage("Lost", json!({"position": 4, "kind": "lost", "probability": 0})).await;
    let won = stage("Won", json!({"position": 3, "kind": "won", "probability": 100})).await;
    let more = json!({"position": 2, "probability": 50, "forecast_category": "commit", "rotting_days": 7});
    let offer = stage("Offer", more).await;
    let new = stage("New", json!({"position": 1, "probability": 10})).await;
    Pipeline { id, new, offer, won, lost }
}

/// A deal in a pipeline.
pub async fn deal(api: &Api, pipeline: &Pipeline, more: Value) -> String {
    let mut body = json!({"name": unique("Deal"), "pipeline_id": pipeline.id});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    api.create("/v1/deals", body).await
}

/// A product that nobody else has: its id and its number.
pub async fn product(api: &Api, price: &str, currency: &str) -> (String, String) {
    let sku = format!("SKU-{}", serial());
    let body = json!({"sku": sku, "name": unique("Product"), "price": price, "currency": currency});
    (api.create("/v1/products", body).await, sku)
}

/// A record as it is.
pub async fn read(api: &Api, path: &str) -> Value {
    api.get(path).await.expect(200).data().clone()
}

/// What has been done to a record, newest first or last as the history has it.
pub async fn actions(api: &Api, path: &str) -> Vec<String> {
    api.get(&format!("{path}/history")).await.expect(200).texts("action")
}
