//! What a workflow may say is checked when it is saved.

use kontor_testkit::{Api, both, unique};
use serde_json::json;

use super::workflow;
use crate::permissions::{acting, user};

both!(what_is_wrong_is_named, only_who_manages_makes_one, a_change_of_meaning_is_another_revision);

async fn what_is_wrong_is_named(api: Api) {
    for (fields, place) in [
        (json!({"steps": [{"kind": "notfiy", "title": "x"}]}), "steps.0.kind"),
        (json!({"steps": [{"kind": "create", "object": "deal", "data": {"nam": "x"}}]}), "steps.0.data.nam"),
        (json!({"steps": [{"kind": "branch", "if": "record.a ==", "then": []}]}), "steps.0.if"),
        (json!({"steps": [{"kind": "action", "object": "deal", "action": "wni"}]}), "steps.0.action"),
        (json!({"active": true, "event_type": "kontor.deal.won"}), "steps"),
        (json!({"active": true, "steps": [{"kind": "stop"}]}), "event_type"),
        (json!({"event_type": "Deal Won"}), "event_type"),
        (json!({"trigger_kind": "schedule", "schedule": "0 25 * * *"}), "schedule"),
        (json!({"trigger_kind": "schedule", "schedule": "0 9 * * *", "time_zone": "Mars/Base"}), "time_zone"),
        (json!({"condition": "record.amount >"}), "condition"),
        (json!({"filter": {"field": "a", "op": "like", "value": 1}}), "filter"),
        (json!({"target_object": "dael"}), "target_object"),
    ] {
        let mut body = json!({"name": unique("Flow")});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let reply = api.post("/v1/workflows", body).await;
        assert_eq!(reply.status, 400, "{fields} {reply}");
        assert!(reply.faults().iter().any(|fault| fault["field"] == place), "{fields} {reply}");
    }
}

async fn only_who_manages_makes_one(api: Api) {
    let me = user(&api, None).await;
    let steps = json!([{"kind": "notify", "title": "Hello"}]);
    let body = json!({"name": unique("Flow"), "trigger_kind": "button", "active": true, "steps": steps});
    let _ = acting(&api, &me, "manager").post("/v1/workflows", body.clone()).await.refused(403_000);
    let id = workflow(&api, body).await;
    let own = acting(&api, &me, "sales");
    // The button is for everybody; what lies behind it is not.
    let run = own.post(&format!("/v1/workflows/{id}/run"), json!({})).await.expect(201);
    assert_eq!(run.data()["owner_id"], json!(me));
    for view in ["signing_secret", "hook"] {
        let _ = own.get(&format!("/v1/workflows/{id}/{view}")).await.refused(403_000);
    }
    let _ = own.post(&format!("/v1/workflows/{id}/rotate_hook"), json!({})).await.refused(403_000);
    let stranger = acting(&api, &user(&api, None).await, "sales");
    let _ = stranger.get(&format!("/v1/workflow_runs/{}", run.id())).await.refused(404_001);
    let _ = stranger.post("/v1/workflow_runs", json!({"workflow_id": id})).await.refused(403_000);
}

async fn a_change_of_meaning_is_another_revision(api: Api) {
    let id = workflow(&api, json!({"trigger_kind": "button", "steps": [{"kind": "stop"}]})).await;
    let at = format!("/v1/workflows/{id}");
    let named = api.patch(&at, json!({"name": unique("Flow")})).await.expect(200);
    assert_eq!(named.data()["revision"], 1);
    let changed = api.patch(&at, json!({"steps": [{"kind": "stop", "reason": "enough"}]})).await.expect(200);
    assert_eq!(changed.data()["revision"], 2);
    assert_eq!(changed.data()["rights"]["role"], "admin");
    let secret = api.get(&format!("{at}/signing_secret")).await.expect(200);
    assert!(secret.data()["secret"].as_str().unwrap().starts_with("whsec_"));
}
