//! Reports, dashboards and snapshots.

mod campaigns;
mod cohorts;
mod dashboards;
mod definitions;
mod expected;
mod figures;
mod live;
mod opportunities;
mod saved_views;

use kontor_testkit::Api;
use serde_json::{Value, json};

/// A report, kept.
async fn report(api: &Api, data: Value) -> String {
    let mut whole = json!({"name": "A report"});
    whole.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
    api.post("/v1/reports", whole).await.expect(201).id()
}

/// The rows of a report's result.
async fn rows(api: &Api, data: Value) -> Vec<Value> {
    let id = report(api, data).await;
    api.get(&format!("/v1/reports/{id}/result")).await.expect(200).data()["rows"].as_array().unwrap().clone()
}
