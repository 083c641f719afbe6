//! `kill -9` while workflows run: every event starts its run once, and every step is done once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kontor_testkit::{Api, Backend, both_alone, unique};
use serde_json::json;
use tokio::sync::Notify;

use super::workflow;
use crate::faults::rounds;
use crate::webhooks::{Sink, quick, until};

both_alone!(kills_repeat_nothing_and_lose_nothing);

async fn kills_repeat_nothing_and_lose_nothing(backend: Backend) {
    let mut server = quick(backend).start().await;
    let api = server.api();
    let sink = Sink::accepting().await;
    let mark = unique("Kill");
    let steps = json!([
        {"kind": "create", "name": "roe", "object": "contact", "data": {"last_name": "Roe", "company_id": "{{ record.id }}"}},
        {"kind": "webhook", "url": sink.url, "body": {"company": "{{ record.id }}"}, "retry": {"tries": 9, "seconds": 1}},
        {"kind": "loop", "over": "[1, 2]", "do": [
            {"kind": "create", "object": "task", "data": {"subject": "{{ item }}", "related_to_object": "contact", "related_to_id": "{{ steps.roe.id }}"}}]},
        {"kind": "update", "data": {"description": "done"}},
    ]);
    let condition = format!("\"{mark}\" in record.name");
    let id =
        workflow(&api, json!({"event_type": "kontor.company.created", "condition": condition, "steps": steps})).await;
    let mut made = Vec::new();
    for round in 0..rounds(4, 200) {
        let api = server.api();
        let first = Arc::new(Notify::new());
        let writer = tokio::spawn(write(api, format!("{mark} {round}"), first.clone()));
        first.notified().await;
        tokio::time::sleep(Duration::from_millis(50 + 37 * (u64::try_from(round).unwrap() % 11))).await;
        server.kill();
        made.extend(writer.await.unwrap());
        server = server.restart().await;
    }
    let api = server.api();
    let prefix = kontor_testkit::encode(&mark);
    // What was made, acknowledged or not: each once.
    let companies = async || {
        let path =
            format!("/v1/companies?filter[name][starts_with]={prefix}&limit=500&count=exact&fields=id,description");
        api.get(&path).await.expect(200).rows().to_vec()
    };
    let all = until("all runs are over", async || {
        let all = companies().await;
        all.iter().all(|company| company["description"] == "done").then_some(all)
    })
    .await;
    assert!(made.iter().all(|id| all.iter().any(|company| company["id"] == json!(id))), "acknowledged, and gone");
    assert!(!made.is_empty());
    let runs = api.get(&format!("/v1/workflow_runs?filter[workflow_id]={id}&limit=500&count=exact")).await.expect(200);
    assert_eq!(runs.page()["total"], json!(all.len()));
    for company in &all {
        let id = company["id"].as_str().unwrap();
        let contacts = api.get(&format!("/v1/contacts?filter[company_id]={id}")).await.expect(200);
        assert_eq!(contacts.rows().len(), 1, "{id}");
        let path = format!("/v1/tasks?filter[related_to_id]={}", contacts.rows()[0]["id"].as_str().unwrap());
        assert_eq!(api.get(&path).await.expect(200).rows().len(), 2, "{id}");
    }
    // A call may come twice, and says so by its id.
    let mut calls: HashMap<String, String> = HashMap::new();
    for got in sink.got() {
        let company = got.json()["company"].as_str().unwrap().to_owned();
        let id = got.header("webhook-id").to_owned();
        assert_eq!(calls.entry(company).or_insert_with(|| id.clone()), &id);
    }
    assert_eq!(calls.len(), all.len());
}

/// Makes companies until the server is gone; those that were acknowledged. Says when the first was.
async fn write(api: Api, name: String, first: Arc<Notify>) -> Vec<String> {
    let mut made = Vec::new();
    for n in 0..20 {
        let body = json!({"name": format!("{name} {n}")});
        let reply = api.request("POST", "/v1/companies?allow_duplicates=true").json(&body).try_send().await;
        match reply {
            Ok(reply) if reply.status == 201 => {
                made.push(reply.id());
                first.notify_one();
            }
            _ => return made,
        }
    }
    made
}
