//! What starts a workflow.

use kontor_testkit::{Api, Backend, Server, both, both_alone, unique};
use serde_json::json;

use super::{each, history, over, runs, until, workflow};
use crate::permissions::user;

both!(
    events_start_it,
    fields_and_conditions_choose,
    a_button_is_for_a_record,
    another_system_calls,
    a_dry_run_does_nothing
);
both_alone!(a_schedule_strikes);

async fn events_start_it(api: Api) {
    let mark = unique("Mark");
    let steps = json!([{"kind": "update", "data": {"description": "for {{ record.name }}"}}]);
    let condition = format!("record.name == \"{mark}\"");
    let id = workflow(
        &api,
        json!({"event_type": "kontor.ticket.created,kontor.company.created", "condition": condition, "steps": steps}),
    )
    .await;
    let _ = api.create("/v1/companies", json!({"name": unique("Other")})).await;
    let company = api.create("/v1/companies", json!({"name": mark})).await;
    let all = runs(&api, &id, 1).await;
    let run = over(&api, all[0]["id"].as_str().unwrap()).await;
    assert_eq!((&run["status"], &run["related_to_id"]), (&json!("succeeded"), &json!(company)), "{run}");
    assert_eq!((&run["event_type"], &run["depth"]), (&json!("kontor.company.created"), &json!(0)));
    assert_eq!(runs(&api, &id, 1).await.len(), 1);
    // Switched off, it starts no more; switched on again, not for what happened meanwhile.
    let _ = api.patch(&format!("/v1/workflows/{id}"), json!({"active": false})).await.expect(200);
    let _ = api.create("/v1/companies?allow_duplicates=true", json!({"name": mark})).await;
    let _ = api.patch(&format!("/v1/workflows/{id}"), json!({"active": true})).await.expect(200);
    let last = api.create("/v1/companies?allow_duplicates=true", json!({"name": mark})).await;
    let all = runs(&api, &id, 2).await;
    assert_eq!(each(&all, "related_to_id"), [company, last]);
}

async fn fields_and_conditions_choose(api: Api) {
    let id = workflow(
        &api,
        json!({"event_type": "kontor.lead.*", "fields": ["rating"], "steps": [{"kind": "stop"}],
            "filter": {"and": [{"field": "city", "value": "Rome"}, {"field": "estimated_value", "op": "is_null", "value": true}]},
            "condition": "changed.rating and event.type == \"kontor.lead.updated\""}),
    )
    .await;
    let lead = async |city: &str| {
        api.create("/v1/leads?allow_duplicates=true", json!({"last_name": unique("Roe"), "city": city})).await
    };
    let (roman, other) = (lead("Rome").await, lead("Oslo").await);
    for (lead, change) in [
        (&roman, json!({"title": "Consul"})),
        (&other, json!({"rating": "hot"})),
        (&roman, json!({"rating": "hot"})),
        (&roman, json!({"rating": "hot"})),
        (&roman, json!({"rating": "cold", "city": "Oslo"})),
        (&roman, json!({"rating": "warm", "city": "Rome"})),
    ] {
        let _ = api.patch(&format!("/v1/leads/{lead}"), change).await.expect(200);
    }
    let all = runs(&api, &id, 2).await;
    assert_eq!(each(&all, "related_to_id"), [roman.clone(), roman], "{all:?}");
}

async fn a_button_is_for_a_record(api: Api) {
    let steps = json!([{"kind": "update", "data": {"next_step": "{{ input.what }}"}}]);
    let id = workflow(&api, json!({"trigger_kind": "button", "target_object": "deal", "steps": steps})).await;
    let deal = api.create("/v1/deals", json!({"name": unique("Deal")})).await;
    let at = format!("/v1/workflows/{id}/run");
    let run = api.post(&at, json!({"record_id": deal, "input": {"what": "call"}})).await.expect(201).id();
    assert_eq!(over(&api, &run).await["status"], "succeeded");
    assert_eq!(api.get(&format!("/v1/deals/{deal}")).await.expect(200).data()["next_step"], "call");
    let _ = api.post(&at, json!({})).await.expect(400);
    let _ = api.post(&at, json!({"record_id": "4242"})).await.refused(404_001);
    // In the right of who presses: who may not change deals, changes none by a button.
    let reader = crate::permissions::acting(&api, &user(&api, None).await, "read-only");
    let run = reader.post(&at, json!({"record_id": deal, "input": {"what": "steal"}})).await.expect(201).id();
    let run = over(&api, &run).await;
    assert_eq!(run["status"], "failed", "{run}");
    let why = run["error"].as_str().unwrap();
    assert!(why.contains("may not") || why.contains("lacks the scope"), "{run}");
    assert_eq!(api.get(&format!("/v1/deals/{deal}")).await.expect(200).data()["next_step"], "call");
    let _ = api.patch(&format!("/v1/workflows/{id}"), json!({"active": false})).await.expect(200);
    let reply = api.post(&at, json!({"record_id": deal})).await.refused(422_000);
    assert!(reply.detail().starts_with("workflow_inactive"), "{reply}");
}

async fn another_system_calls(api: Api) {
    let steps = json!([{"kind": "create", "name": "made", "object": "company", "data": {"name": "{{ input.name }}"}}]);
    let id = workflow(&api, json!({"trigger_kind": "webhook", "steps": steps})).await;
    let at = format!("/v1/workflows/{id}");
    let url = async || api.get(&format!("{at}/hook")).await.expect(200).data()["url"].as_str().unwrap().to_owned();
    let path = |url: &str| url[url.find("/public/").unwrap()..].to_owned();
    let first = path(&url().await);
    let name = unique("Called");
    let outside = api.anonymous();
    let _ = outside.post(&first, json!({"name": name})).await.expect(200);
    let all = runs(&api, &id, 1).await;
    let run = over(&api, all[0]["id"].as_str().unwrap()).await;
    assert_eq!(run["status"], "succeeded", "{run}");
    let found = api.get(&format!("/v1/companies?filter[name]={}", kontor_testkit::encode(&name))).await.expect(200);
    assert_eq!(found.rows().len(), 1);
    let _ = outside.get(&first).await.expect(200);
    let _ = outside.post(&format!("{first}x"), json!({})).await.refused(404_001);
    let _ = api.post(&format!("{at}/rotate_hook"), json!({})).await.expect(200);
    let _ = outside.post(&first, json!({"name": name})).await.refused(404_001);
    let second = path(&url().await);
    let _ = outside.post(&second, json!({"name": unique("Called")})).await.expect(200);
    let _ = runs(&api, &id, 2).await;
}

async fn a_dry_run_does_nothing(api: Api) {
    let steps = json!([
        {"kind": "create", "name": "made", "object": "task", "data": {"subject": "For {{ record.name }}"}},
        {"kind": "notify", "to": "{{ record.owner_id }}", "title": "Task {{ steps.made.id }}"},
        {"kind": "webhook", "url": "https://example.com/{{ record.id }}"},
        {"kind": "update", "object": "deal", "id": "{{ record.id }}", "data": {"probability": 700}},
    ]);
    let id = workflow(&api, json!({"active": false, "event_type": "kontor.deal.won", "steps": steps})).await;
    let owner = user(&api, None).await;
    let deal = api.create("/v1/deals", json!({"name": unique("Deal"), "owner_id": owner})).await;
    let _ = api.post(&format!("/v1/deals/{deal}/win"), json!({})).await.expect(200);
    let events = crate::events::about(&api, &format!("deals/{deal}"), 2).await;
    let dry = async |n: usize| {
        let sequence = events[n]["sequence"].as_str().unwrap();
        api.get(&format!("/v1/workflows/{id}/dry_run?event={sequence}")).await.expect(200).data().clone()
    };
    let won = dry(1).await;
    assert_eq!(won["starts"], true, "{won}");
    let lines = won["steps"].as_array().unwrap();
    assert_eq!(each(lines, "kind"), ["create", "notify", "webhook", "update"]);
    assert_eq!(lines[2]["input"]["url"], json!(format!("https://example.com/{deal}")));
    assert!(lines[3]["error"].is_string(), "{won}");
    let created = dry(0).await;
    assert_eq!((&created["starts"], &created["reason"]), (&json!(false), &json!("it is for other events")));
    assert!(runs(&api, &id, 0).await.is_empty());
    let found = api.get(&format!("/v1/notifications?filter[owner_id]={owner}&filter[title][starts_with]=Task")).await;
    assert!(found.expect(200).rows().is_empty());
    let _ = api.get(&format!("/v1/workflows/{id}/dry_run?event=999999999")).await.expect(400);
}

async fn a_schedule_strikes(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let steps =
        json!([{"kind": "create", "name": "made", "object": "company", "data": {"name": "Struck {{ today }}"}}]);
    let id = workflow(
        &api,
        json!({"trigger_kind": "schedule", "schedule": "0 9 * * *", "time_zone": "Europe/Berlin", "steps": steps}),
    )
    .await;
    let at = format!("/v1/workflows/{id}");
    let made = api.get(&at).await.expect(200).data().clone();
    let next = made["next_at"].as_str().unwrap().to_owned();
    assert!(next.ends_with("T07:00:00.000Z") || next.ends_with("T08:00:00.000Z"), "{made}");
    // As if time had come.
    server.place().sql("UPDATE r_workflows SET next_at = 1000 WHERE next_at IS NOT NULL");
    let all = runs(&api, &id, 1).await;
    let run = over(&api, all[0]["id"].as_str().unwrap()).await;
    assert_eq!(run["status"], "succeeded", "{run}");
    let struck = until("the next stroke", async || {
        let now = api.get(&at).await.expect(200).data().clone();
        (now["next_at"] == json!(next)).then_some(now)
    })
    .await;
    assert!(struck["last_started_at"].is_string());
    assert_eq!(runs(&api, &id, 1).await.len(), 1, "what was missed is made up for once");
    let off = api.patch(&at, json!({"active": false})).await.expect(200);
    assert!(off.data()["next_at"].is_null());
    assert_eq!(history(&api, &run).await.len(), 1);
}
