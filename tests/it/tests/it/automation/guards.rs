//! What holds workflows back: loops, and rights that are gone.

use kontor_testkit::{Api, Backend, Server, both, both_alone, unique};
use serde_json::json;

use super::{over, runs, until, workflow};
use crate::permissions::{acting, user};

both!(a_workflow_that_starts_itself_comes_to_an_end, two_that_start_each_other_do_too, rights_end_with_their_user);
both_alone!(runs_begin_no_faster_than_they_may, an_event_that_cannot_be_dealt_with_is_put_aside);

async fn a_workflow_that_starts_itself_comes_to_an_end(api: Api) {
    let mark = unique("Loop");
    let steps = json!([{"kind": "create", "object": "company", "data": {"name": "{{ record.name }} again"}}]);
    let condition = format!("record.name | default(\"\") and \"{mark}\" in record.name");
    let id =
        workflow(&api, json!({"event_type": "kontor.company.created", "condition": condition, "steps": steps})).await;
    let _ = api.create("/v1/companies", json!({"name": mark})).await;
    let all = runs(&api, &id, 6).await;
    let last = over(&api, all[5]["id"].as_str().unwrap()).await;
    assert_eq!((&last["status"], &last["depth"]), (&json!("failed"), &json!(5)));
    assert!(last["error"].as_str().unwrap().starts_with("loop: 5 runs"), "{last}");
    let found = api.get(&format!("/v1/companies?filter[name][starts_with]={}", kontor_testkit::encode(&mark))).await;
    assert_eq!(found.expect(200).rows().len(), 6, "the first, and five of runs");
}

async fn two_that_start_each_other_do_too(api: Api) {
    let mark = unique("Pair");
    let make = async |from: &str, to: &str| {
        let collection = if to == "company" { "name" } else { "subject" };
        let data = json!({collection: mark});
        let own = if from == "company" { "name" } else { "subject" };
        let condition = format!("record.{own} == \"{mark}\"");
        let steps = json!([{"kind": "create", "object": to, "data": data}]);
        workflow(&api, json!({"event_type": format!("kontor.{from}.created"), "condition": condition, "steps": steps}))
            .await
    };
    let (one, other) = (make("company", "note").await, make("note", "company").await);
    let _ = api.create("/v1/companies?allow_duplicates=true", json!({"name": mark})).await;
    let last = until("the last", async || {
        let all = [runs(&api, &one, 1).await, runs(&api, &other, 0).await].concat();
        all.into_iter().find(|run| run["depth"] == 5)
    })
    .await;
    assert_eq!(last["status"], "failed");
    assert_eq!((runs(&api, &one, 3).await.len(), runs(&api, &other, 3).await.len()), (3, 3));
}

async fn rights_end_with_their_user(api: Api) {
    let author = user(&api, None).await;
    let own = acting(&api, &author, "admin");
    let mark = unique("Mark");
    let steps = json!([{"kind": "update", "data": {"description": "seen"}}]);
    let condition = format!("record.name == \"{mark}\"");
    let id =
        workflow(&own, json!({"event_type": "kontor.company.created", "condition": condition, "steps": steps})).await;
    let _ = api.patch(&format!("/v1/users/{author}"), json!({"active": false})).await.expect(200);
    let company = api.create("/v1/companies", json!({"name": mark})).await;
    let all = runs(&api, &id, 1).await;
    let run = over(&api, all[0]["id"].as_str().unwrap()).await;
    assert_eq!(run["status"], "failed");
    assert!(run["error"].as_str().unwrap().contains("is gone"), "{run}");
    assert!(api.get(&format!("/v1/companies/{company}")).await.expect(200).data()["description"].is_null());
}

async fn runs_begin_no_faster_than_they_may(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let fields = json!({"trigger_kind": "button", "runs_per_minute": 2, "steps": [{"kind": "stop"}]});
    let id = workflow(&api, fields).await;
    for _ in 0..4 {
        let _ = api.post(&format!("/v1/workflows/{id}/run"), json!({})).await.expect(201);
    }
    let done = until("two are over", async || {
        let all = runs(&api, &id, 4).await;
        (all.iter().filter(|run| run["status"] == "succeeded").count() == 2).then_some(all)
    })
    .await;
    assert_eq!(done.iter().filter(|run| run["status"] == "pending").count(), 2, "{done:?}");
}

async fn an_event_that_cannot_be_dealt_with_is_put_aside(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let types = "kontor.note.created,kontor.company.created";
    let id = workflow(&api, json!({"event_type": types, "steps": [{"kind": "stop"}]})).await;
    // The database refuses a second run for a note, for a reason that nobody knows.
    server
        .place()
        .sql("CREATE UNIQUE INDEX poison ON r_workflow_runs (event_type) WHERE event_type = 'kontor.note.created'");
    for _ in 0..2 {
        let _ = api.create("/v1/notes", json!({"subject": unique("Note")})).await;
    }
    let company = api.create("/v1/companies", json!({"name": unique("Acme")})).await;
    let all = runs(&api, &id, 2).await;
    assert_eq!(all[1]["related_to_id"], json!(company), "what comes behind goes on: {all:?}");
    let dead = server.place().texts("SELECT type FROM event_dead WHERE consumer = 'automation'");
    assert_eq!(dead, ["kontor.note.created"]);
}
