//! From open to solved and closed, and back.

use kontor_testkit::{Api, both, unique};
use serde_json::json;

use super::{act, asker, asks, read, ticket, told};
use crate::support::NO_ID;

both!(
    a_ticket_has_the_next_number,
    a_number_by_hand_is_left_out,
    a_ticket_is_solved_and_rated,
    a_wrong_state_is_refused,
    a_patch_keeps_the_same_rules,
    who_asks_again_reopens,
    who_may_only_read_does_nothing
);

async fn a_ticket_has_the_next_number(api: Api) {
    let ids = [ticket(&api, json!({})).await, ticket(&api, json!({})).await];
    let mut numbers = Vec::new();
    for id in &ids {
        let number = read(&api, id).await["number"].as_str().unwrap().to_owned();
        assert!(number.starts_with("T-") && number.len() >= 7, "{number}");
        numbers.push(number[2..].parse::<u64>().unwrap());
    }
    assert!(numbers[1] > numbers[0]);
    let own = unique("HD").replace(' ', "-");
    assert_eq!(read(&api, &ticket(&api, json!({"number": own})).await).await["number"], own);
}

async fn a_number_by_hand_is_left_out(api: Api) {
    let last: u64 = read(&api, &ticket(&api, json!({})).await).await["number"].as_str().unwrap()[2..].parse().unwrap();
    // Far enough that no other story has it by now.
    let taken = format!("T-{:05}", last + 40);
    let _ = api.post("/v1/tickets", json!({"subject": "x", "number": taken})).await.expect(201);
    for _ in 0..3 {
        let made =
            crate::support::batch(&api, "/v1/tickets", (0..30).map(|n| json!({"subject": format!("{n}")}))).await;
        assert_eq!(made.len(), 30);
    }
}

async fn a_ticket_is_solved_and_rated(api: Api) {
    let id = ticket(&api, json!({"contact_id": asker(&api).await})).await;
    let fault = act(&api, &id, "resolve", json!({})).await.refused(400_001);
    assert_eq!(fault.faults()[0]["field"], "resolution");
    let solved = act(&api, &id, "resolve", json!({"resolution": "Turned it on."})).await.expect(200);
    let solved = solved.data();
    assert_eq!((&solved["status"], &solved["resolution"]), (&json!("solved"), &json!("Turned it on.")));
    assert!(solved["solved_at"].is_string() && solved["first_responded_at"] == solved["solved_at"], "{solved}");
    for csat in [0, 6] {
        let fault = act(&api, &id, "rate", json!({"csat": csat})).await.refused(400_001);
        assert_eq!(fault.faults()[0]["field"], "csat");
    }
    let rated = act(&api, &id, "rate", json!({"csat": 5, "comment": "Quick."})).await.expect(200);
    assert_eq!((&rated.data()["csat"], &rated.data()["csat_comment"]), (&json!(5), &json!("Quick.")));
    let closed = act(&api, &id, "close", json!({})).await.expect(200);
    assert!(closed.data()["closed_at"].is_string() && closed.data()["solved_at"] == solved["solved_at"]);
    let open = act(&api, &id, "reopen", json!({})).await.expect(200);
    assert_eq!(
        (&open.data()["status"], &open.data()["solved_at"], &open.data()["closed_at"]),
        (&json!("open"), &json!(null), &json!(null))
    );
    assert_eq!(told(&api, &id).await, ["create", "resolve", "rate", "close", "reopen"]);
}

async fn a_wrong_state_is_refused(api: Api) {
    let id = ticket(&api, json!({})).await;
    for (action, body) in [("reopen", json!({})), ("rate", json!({"csat": 3}))] {
        let reply = act(&api, &id, action, body).await.refused(422_000);
        assert!(reply.detail().contains("ticket_state") && reply.detail().contains("open"), "{action}: {reply}");
    }
    let _ = act(&api, &id, "resolve", json!({"resolution": "x"})).await.expect(200);
    let again = act(&api, &id, "resolve", json!({"resolution": "y"})).await.refused(422_000);
    assert!(again.detail().contains("the ticket is solved"), "{again}");
    let _ = act(&api, &id, "close", json!({})).await.expect(200);
    for (action, body) in [
        ("close", json!({})),
        ("resolve", json!({"resolution": "x"})),
        ("reply", json!({"body": "x"})),
        ("assign", json!({})),
        ("merge", json!({"into_id": ticket(&api, json!({})).await})),
    ] {
        let reply = act(&api, &id, action, body).await.refused(422_000);
        assert!(reply.detail().contains("the ticket is closed"), "{action}: {reply}");
    }
    let _ = act(&api, &id, "destroy", json!({})).await.refused(404_000);
    let _ = act(&api, NO_ID, "close", json!({})).await.refused(404_001);
}

async fn a_patch_keeps_the_same_rules(api: Api) {
    let id = ticket(&api, json!({})).await;
    let at = format!("/v1/tickets/{id}");
    let waits = api.patch(&at, json!({"status": "pending"})).await.expect(200);
    assert!(waits.data()["stopped_at"].is_string());
    let solved = api.patch(&at, json!({"status": "solved", "resolution": "x"})).await.expect(200);
    assert!(solved.data()["solved_at"].is_string());
    let reply = api.patch(&at, json!({"status": "pending"})).await.refused(422_000);
    assert!(reply.detail().contains("a solved ticket cannot become pending"), "{reply}");
    let _ = api.patch(&at, json!({"status": "closed"})).await.expect(200);
    let _ = api.patch(&at, json!({"status": "solved"})).await.refused(422_000);
    let open = api.patch(&at, json!({"status": "open"})).await.expect(200);
    assert!(open.data()["solved_at"].is_null() && open.data()["stopped_at"].is_null());
    assert_eq!(open.data()["pauses"].as_array().map(Vec::len), Some(2), "pending, then solved: {open}");
    // What the system sets is not sent.
    let other = api.post("/v1/tickets", json!({"subject": "x", "sla_status": "met"})).await.refused(400_001);
    assert_eq!(other.faults()[0]["field"], "sla_status");
}

async fn who_asks_again_reopens(api: Api) {
    let contact = asker(&api).await;
    for status in ["pending", "solved"] {
        let id = ticket(&api, json!({"contact_id": contact})).await;
        let _ = api.patch(&format!("/v1/tickets/{id}"), json!({"status": status})).await.expect(200);
        let _ = asks(&api, &id, &contact).await.expect(201);
        let open = read(&api, &id).await;
        assert_eq!(open["status"], "open", "{status}");
        assert!(open["asked_at"].is_string());
        assert_eq!(told(&api, &id).await, ["create", "update", "reopen"]);
    }
    let id = ticket(&api, json!({"contact_id": contact})).await;
    let _ = act(&api, &id, "close", json!({})).await.expect(200);
    let reply = asks(&api, &id, &contact).await.refused(422_000);
    assert!(reply.detail().contains("closed"), "{reply}");
    // Colleagues may still note something.
    let note = json!({"ticket_id": id, "body": "was a prank", "public": false});
    let _ = api.post("/v1/ticket_comments", note).await.expect(201);
    assert_eq!(read(&api, &id).await["status"], "closed");
}

async fn who_may_only_read_does_nothing(api: Api) {
    let id = ticket(&api, json!({})).await;
    let reader = api.as_role("finance", &[]);
    let _ = act(&reader, &id, "resolve", json!({"resolution": "x"})).await.refused(403_000);
    let scoped = api.as_role("member", &["--scopes", "tickets:read"]);
    let _ = act(&scoped, &id, "resolve", json!({"resolution": "x"})).await.refused(403_001);
    assert_eq!(read(&api, &id).await["version"], 1);
}
