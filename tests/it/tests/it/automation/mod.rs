//! `/v1/workflows` and their runs: what starts them, what they do, and what holds them back.

mod cloud;
mod definitions;
mod faults;
mod functions;
mod guards;
mod shipped;
mod steps;
mod triggers;

use kontor_testkit::{Api, unique};
use serde_json::{Value, json};

pub use crate::webhooks::until;

/// A workflow; its id.
async fn workflow(api: &Api, fields: Value) -> String {
    let mut body = json!({"name": unique("Flow"), "active": true});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    api.create("/v1/workflows", body).await
}

/// A workflow with a button and no record; it is pressed, and comes to an end or a rest.
async fn pressed(api: &Api, steps: Value, input: Value) -> Value {
    let id = workflow(api, json!({"trigger_kind": "button", "steps": steps})).await;
    let run = api.post(&format!("/v1/workflows/{id}/run"), json!({"input": input})).await.expect(201).id();
    over(api, &run).await
}

/// A run once it is over.
async fn over(api: &Api, run: &str) -> Value {
    let path = format!("/v1/workflow_runs/{run}");
    until(&format!("run {run} is over"), async || {
        let run = api.get(&path).await.expect(200).data().clone();
        ["succeeded", "failed", "cancelled"].contains(&run["status"].as_str().unwrap()).then_some(run)
    })
    .await
}

/// A run once it is in this state.
async fn comes_to(api: &Api, run: &str, status: &str) -> Value {
    let path = format!("/v1/workflow_runs/{run}");
    until(&format!("run {run} is {status}"), async || {
        let run = api.get(&path).await.expect(200).data().clone();
        (run["status"] == status).then_some(run)
    })
    .await
}

/// The runs of a workflow, once there are as many.
async fn runs(api: &Api, workflow: &str, count: usize) -> Vec<Value> {
    let path = format!("/v1/workflow_runs?filter[workflow_id]={workflow}&sort=id&limit=500");
    until(&format!("{count} runs of {workflow}"), async || {
        let rows = api.get(&path).await.expect(200).rows().to_vec();
        (rows.len() >= count).then_some(rows)
    })
    .await
}

/// The steps of a run, in order.
async fn history(api: &Api, run: &Value) -> Vec<Value> {
    let run = run["id"].as_str().unwrap();
    let path = format!("/v1/workflow_steps?filter[workflow_run_id]={run}&sort=id&limit=500");
    api.get(&path).await.expect(200).rows().to_vec()
}

/// One member of each.
fn each<'v>(rows: &'v [Value], member: &str) -> Vec<&'v str> {
    rows.iter().map(|row| row[member].as_str().unwrap_or_default()).collect()
}
