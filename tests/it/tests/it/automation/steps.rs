//! What steps do.

use kontor_testkit::{Api, Backend, both, both_alone, unique};
use serde_json::{Value, json};

use super::{comes_to, each, history, over, pressed, workflow};
use crate::permissions::user;
use crate::webhooks::{Says, Sink, quick};

both!(
    records_are_made_changed_and_removed,
    actions_are_done,
    ways_part_and_come_together,
    lists_are_gone_through,
    errors_go_where_they_are_sent,
    it_waits_for_time_and_for_events,
    a_run_stops_and_goes_on,
    texts_with_a_dollar_are_texts
);
both_alone!(calls_are_signed_and_tried_again, mail_leaves_with_a_step);

async fn records_are_made_changed_and_removed(api: Api) {
    let name = unique("Acme");
    let steps = json!([
        {"kind": "create", "name": "acme", "object": "company", "data": {"name": "{{ input.name }}"}},
        {"kind": "create", "name": "roe", "object": "contact",
         "data": {"last_name": "Roe", "company_id": "{{ steps.acme.id }}", "do_not_call": "{{ 1 == 1 }}"}},
        {"kind": "update", "object": "contact", "id": "{{ steps.roe.id }}", "data": {"title": "of {{ steps.acme.record.name }}"}},
        {"kind": "find", "name": "found", "object": "contact", "filter": {"field": "company_id", "value": "{{ steps.acme.id }}"}},
        {"kind": "delete", "object": "contact", "id": "{{ steps.found.records[0].id }}"},
    ]);
    let run = pressed(&api, steps, json!({"name": name})).await;
    assert_eq!((&run["status"], &run["steps_done"]), (&json!("succeeded"), &json!(5)), "{run}");
    let lines = history(&api, &run).await;
    assert_eq!(each(&lines, "kind"), ["create", "create", "update", "find", "delete"]);
    assert!(each(&lines, "status").iter().all(|status| *status == "succeeded"), "{lines:?}");
    let company = lines[0]["record_id"].as_str().unwrap();
    assert_eq!(api.get(&format!("/v1/companies/{company}")).await.expect(200).data()["name"], json!(name));
    let contact = lines[1]["record_id"].as_str().unwrap();
    let _ = api.get(&format!("/v1/contacts/{contact}")).await.refused(404_001);
    let past = api.get(&format!("/v1/contacts/{contact}/history")).await.expect(200);
    let changed: Vec<&Value> = past.rows().iter().filter(|entry| entry["action"] == "update").collect();
    assert_eq!(changed[0]["changes"]["title"][1], json!(format!("of {name}")));
}

async fn actions_are_done(api: Api) {
    let steps = json!([
        {"kind": "create", "name": "deal", "object": "deal", "data": {"name": "{{ input.name }}"}},
        {"kind": "action", "name": "lost", "object": "deal", "id": "{{ steps.deal.id }}", "action": "lose", "body": {"reason": "$price"}},
        {"kind": "create", "object": "note", "data": {"subject": "{{ steps.lost.record.lost_reason }}"}},
        {"kind": "action", "object": "deal", "id": "{{ steps.deal.id }}", "action": "lose", "body": {"reason": "twice"}},
    ]);
    let run = pressed(&api, steps, json!({"name": unique("Deal")})).await;
    let lines = history(&api, &run).await;
    assert_eq!(each(&lines, "status"), ["succeeded", "succeeded", "succeeded", "failed"], "{lines:?}");
    let deal = api.get(&format!("/v1/deals/{}", lines[0]["record_id"].as_str().unwrap())).await.expect(200);
    assert_eq!(deal.data()["lost_reason"], "$price");
    let note = api.get(&format!("/v1/notes/{}", lines[2]["record_id"].as_str().unwrap())).await.expect(200);
    assert_eq!(note.data()["subject"], "$price");
    assert_eq!(run["status"], "failed");
    assert!(run["error"].as_str().unwrap().starts_with("step 3 (action): "), "{run}");
}

async fn ways_part_and_come_together(api: Api) {
    let steps = json!([
        {"kind": "branch", "if": "input.n > 10", "then": [
            {"kind": "branch", "if": "input.n > 100", "then": [{"kind": "find", "name": "a", "object": "tax_rate", "limit": 1}],
             "else": [{"kind": "find", "name": "b", "object": "tax_rate", "limit": 1}]}],
         "else": [{"kind": "stop", "reason": "too small"}]},
        {"kind": "find", "object": "tax_rate", "limit": 1, "when": "input.n == 50"},
    ]);
    let places = async |n: i64| {
        let run = pressed(&api, steps.clone(), json!({"n": n})).await;
        let lines = history(&api, &run).await;
        let of = |line: &Value| format!("{} {}", line["place"].as_str().unwrap(), line["status"].as_str().unwrap());
        (lines.iter().map(of).collect::<Vec<_>>(), run["error"].clone())
    };
    let (done, _) = places(50).await;
    assert_eq!(done, ["0 succeeded", "0.then.0 succeeded", "0.then.0.else.0 succeeded", "1 succeeded"]);
    let (done, _) = places(500).await;
    assert_eq!(done, ["0 succeeded", "0.then.0 succeeded", "0.then.0.then.0 succeeded", "1 skipped"]);
    let (done, error) = places(5).await;
    assert_eq!((done, error), (vec!["0 succeeded".to_owned(), "0.else.0 succeeded".to_owned()], json!("too small")));
}

async fn lists_are_gone_through(api: Api) {
    let steps = json!([
        {"kind": "loop", "over": "input.names", "do": [
            {"kind": "create", "object": "note", "data": {"subject": "{{ index }} {{ item.name }}"}},
            {"kind": "loop", "over": "item.tags", "do": [
                {"kind": "create", "object": "note", "data": {"subject": "{{ item }}"}}]},
        ]},
        {"kind": "loop", "over": [], "do": [{"kind": "stop"}]},
        {"kind": "stop"},
    ]);
    let mark = unique("n");
    let names = json!([{"name": mark, "tags": ["x", "y"]}, {"name": "b", "tags": []}]);
    let run = pressed(&api, steps, json!({"names": names})).await;
    assert_eq!(run["status"], "succeeded", "{run}");
    let lines = history(&api, &run).await;
    let told: Vec<&Value> =
        lines.iter().filter(|line| line["kind"] == "create").map(|l| &l["input"]["data"]["subject"]).collect();
    assert_eq!(told, [&json!(format!("0 {mark}")), &json!("x"), &json!("y"), &json!("1 b")]);
    let run = pressed(&api, json!([{"kind": "loop", "over": "input.names", "do": []}]), json!({"names": "none"})).await;
    assert!(run["error"].as_str().unwrap().contains("no list"), "{run}");
}

async fn errors_go_where_they_are_sent(api: Api) {
    let wrong =
        json!({"kind": "create", "name": "wrong", "object": "company", "data": {"name": "{{ input.nothing }}"}});
    let with = |on_error: Value| {
        let mut step = wrong.clone();
        step["on_error"] = on_error;
        json!([step, {"kind": "create", "name": "next", "object": "note", "data": {"subject": "{{ steps.wrong.error }}"}}])
    };
    let run = pressed(&api, with(json!("continue")), json!({})).await;
    let lines = history(&api, &run).await;
    assert_eq!(each(&lines, "status"), ["failed", "succeeded"], "{lines:?}");
    assert!(lines[1]["input"]["data"]["subject"].as_str().unwrap().contains("nothing"), "{lines:?}");
    let run = pressed(&api, with(json!([{"kind": "stop", "reason": "gave up"}])), json!({})).await;
    assert_eq!((&run["status"], &run["error"]), (&json!("succeeded"), &json!("gave up")));
    let run = pressed(&api, with(json!("stop")), json!({})).await;
    assert_eq!(run["status"], "failed");
    let dangling = json!([{"kind": "create", "object": "contact", "data": {"last_name": "x", "company_id": "4242"}}]);
    let run = pressed(&api, dangling, json!({})).await;
    assert!(run["error"].as_str().unwrap().contains("company_id"), "{run}");
}

async fn it_waits_for_time_and_for_events(api: Api) {
    let short = pressed(&api, json!([{"kind": "wait", "seconds": 1}, {"kind": "stop"}]), json!({})).await;
    assert_eq!(short["status"], "succeeded");
    assert_eq!(each(&history(&api, &short).await, "status"), ["waiting", "succeeded", "succeeded"]);
    let steps = json!([{"kind": "wait", "name": "won", "for": "kontor.deal.won,kontor.deal.lost", "days": 3},
        {"kind": "update", "data": {"next_step": "{{ steps.won.timed_out }}"}}]);
    let id = workflow(&api, json!({"trigger_kind": "button", "target_object": "deal", "steps": steps})).await;
    let deal = api.create("/v1/deals", json!({"name": unique("Deal")})).await;
    let run = api.post(&format!("/v1/workflows/{id}/run"), json!({"record_id": deal})).await.expect(201).id();
    let waits = comes_to(&api, &run, "waiting").await;
    assert_eq!(waits["waits_for"], "kontor.deal.won,kontor.deal.lost");
    let far = waits["waits_until"].as_str().unwrap() > waits["started_at"].as_str().unwrap();
    assert!(far, "{waits}");
    // What happens to others, and other things that happen, wake it not.
    let other = api.create("/v1/deals", json!({"name": unique("Deal")})).await;
    let _ = api.post(&format!("/v1/deals/{other}/win"), json!({})).await.expect(200);
    let _ = api.patch(&format!("/v1/deals/{deal}"), json!({"probability": 20})).await.expect(200);
    let _ = api.post(&format!("/v1/deals/{deal}/lose"), json!({"reason": "price"})).await.expect(200);
    let done = over(&api, &run).await;
    assert_eq!((&done["status"], &done["waits_for"]), (&json!("succeeded"), &json!(null)), "{done}");
    assert_eq!(api.get(&format!("/v1/deals/{deal}")).await.expect(200).data()["next_step"], "false");
}

async fn a_run_stops_and_goes_on(api: Api) {
    let steps = json!([{"kind": "wait", "days": 2}, {"kind": "stop"}]);
    let id = workflow(&api, json!({"trigger_kind": "button", "steps": steps})).await;
    let press = async || api.post(&format!("/v1/workflows/{id}/run"), json!({})).await.expect(201).id();
    let run = press().await;
    let at = format!("/v1/workflow_runs/{run}");
    let _ = comes_to(&api, &run, "waiting").await;
    let _ = api.post(&format!("{at}/pause"), json!({})).await.expect(200);
    let _ = api.post(&format!("{at}/pause"), json!({})).await.refused(422_000);
    let _ = api.post(&format!("{at}/resume"), json!({})).await.expect(200);
    // It waits as long as it would have.
    let again = comes_to(&api, &run, "running").await;
    assert!(again["finished_at"].is_null());
    let _ = api.post(&format!("{at}/cancel"), json!({})).await.expect(200);
    let reply = api.post(&format!("{at}/resume"), json!({})).await.refused(422_000);
    assert!(reply.detail().starts_with("run_state"), "{reply}");
    // What failed is mended, and the run goes on from there, as it was when it began.
    let steps = json!([{"kind": "find", "object": "note", "limit": 1},
        {"kind": "create", "object": "customer", "data": {"name": "{{ input.name }}", "mobile": "13800138000", "customer_type": "vip"}}]);
    let id = workflow(&api, json!({"trigger_kind": "button", "steps": steps})).await;
    let name = unique("客户");
    let taken =
        api.create("/v1/customers", json!({"name": name, "mobile": "13800138000", "customer_type": "vip"})).await;
    let run = api.post(&format!("/v1/workflows/{id}/run"), json!({"input": {"name": name}})).await.expect(201).id();
    assert_eq!(over(&api, &run).await["status"], "failed");
    let _ = api.patch(&format!("/v1/customers/{taken}"), json!({"name": unique("客户")})).await.expect(200);
    let _ = api.patch(&format!("/v1/workflows/{id}"), json!({"steps": [{"kind": "stop"}]})).await.expect(200);
    let _ = api.post(&format!("/v1/workflow_runs/{run}/resume"), json!({})).await.expect(200);
    let done = comes_to(&api, &run, "succeeded").await;
    assert_eq!((&done["revision"], &done["error"]), (&json!(1), &json!(null)));
    assert_eq!(each(&history(&api, &done).await, "status"), ["succeeded", "failed", "succeeded"]);
}

async fn texts_with_a_dollar_are_texts(api: Api) {
    let steps = json!([{"kind": "create", "name": "made", "object": "note", "data": {"subject": "{{ input.text }}"}},
        {"kind": "create", "object": "note", "data": {"subject": "{{ steps.made.record.subject }}"}}]);
    let run = pressed(&api, steps, json!({"text": "$made.id"})).await;
    assert_eq!(run["status"], "succeeded", "{run}");
    let lines = history(&api, &run).await;
    assert_eq!(lines[1]["input"]["data"]["subject"], "$made.id");
    let note = api.get(&format!("/v1/notes/{}", lines[1]["record_id"].as_str().unwrap())).await.expect(200);
    assert_eq!(note.data()["subject"], "$made.id");
}

async fn calls_are_signed_and_tried_again(backend: Backend) {
    let server = quick(backend).start().await;
    let api = server.api();
    let sink = Sink::saying(&[Says::Status(500, ""), Says::Status(503, ""), Says::Status(204, "")]).await;
    let step = |url: &str| {
        json!([{"kind": "webhook", "name": "called", "url": url, "headers": {"X-Kind": "{{ input.kind }}"},
            "body": {"kind": "{{ input.kind }}", "n": "{{ input.n }}"}, "retry": {"tries": 3, "seconds": 1}}])
    };
    let id = workflow(&api, json!({"trigger_kind": "button", "steps": step(&sink.url)})).await;
    let input = json!({"kind": "test", "n": 7});
    let run = api.post(&format!("/v1/workflows/{id}/run"), json!({"input": input})).await.expect(201).id();
    let run = over(&api, &run).await;
    assert_eq!(run["status"], "succeeded", "{run}");
    let got = sink.got();
    assert_eq!(got.len(), 3);
    let ids: Vec<&str> = got.iter().map(|one| one.header("webhook-id")).collect();
    assert!(!ids[0].is_empty() && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!((got[2].json(), got[2].header("x-kind")), (json!({"kind": "test", "n": 7}), "test"));
    let secret = api.get(&format!("/v1/workflows/{id}/signing_secret")).await.expect(200);
    let hook = standardwebhooks::Webhook::new(secret.data()["secret"].as_str().unwrap()).unwrap();
    let (time, own) = (got[2].header("webhook-timestamp").parse().unwrap(), got[2].header("webhook-signature"));
    assert_eq!(hook.sign(ids[2], time, got[2].body.as_bytes()).unwrap(), own);
    let line = history(&api, &run).await;
    assert_eq!((&line[0]["attempts"], &line[0]["output"]["status"]), (&json!(3), &json!(204)));
    // What is refused is not tried again; nor are addresses that nobody may call.
    sink.says(Says::Status(404, ""));
    let refused = pressed(&api, step(&sink.url), json!({"kind": "x", "n": 1})).await;
    assert!(refused["error"].as_str().unwrap().contains("answered 404"), "{refused}");
    assert_eq!(sink.got().len(), 4);
    let inner = pressed(&api, step("http://169.254.169.254/latest"), json!({"kind": "x", "n": 1})).await;
    assert!(inner["error"].as_str().unwrap().contains("cannot be reached"), "{inner}");
    let function = json!([{"kind": "function", "url": sink.url, "on_error": "continue"}]);
    sink.says(Says::Status(204, ""));
    let run = pressed(&api, function, json!({})).await;
    assert!(history(&api, &run).await[0]["error"].as_str().unwrap().contains("no JSON"));
}

async fn mail_leaves_with_a_step(backend: Backend) {
    let (address, inbox) = crate::mail::server(&[]).await;
    let server = kontor_testkit::Server::builder().backend(backend);
    let server = server.env("KONTOR_MAIL_SMTP_URL", &format!("smtp://{address}")).start().await;
    let api = server.api();
    let me = user(&api, None).await;
    let steps = json!([
        {"kind": "email", "to": "{{ input.to }}", "subject": "Hello {{ input.name }}", "text": "Dear {{ input.name }},\nbye"},
        {"kind": "notify", "to": "{{ input.me }}", "title": "Written to {{ input.to }}", "body": "once"},
    ]);
    let run = pressed(&api, steps.clone(), json!({"to": "roe@example.com", "name": "Roe", "me": me})).await;
    assert_eq!(run["status"], "succeeded", "{run}");
    let got =
        super::until("a letter", async || Some(inbox.lock().unwrap().clone()).filter(|all| !all.is_empty())).await;
    assert!(got.len() == 1 && got[0].0 == "roe@example.com" && got[0].1.contains("Hello Roe"), "{got:?}");
    let told = api.get(&format!("/v1/notifications?filter[owner_id]={me}")).await.expect(200);
    assert_eq!(told.rows()[0]["title"], "Written to roe@example.com");
    let run = pressed(&api, steps, json!({"to": "nobody", "name": "x", "me": me})).await;
    assert!(run["error"].as_str().unwrap().contains("no address"), "{run}");
}
