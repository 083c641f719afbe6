//! What was promised, and what becomes of it.

use kontor_testkit::{Api, Backend, Server, both, postgres_url, unique};
use serde_json::{Value, json};

use super::{act, asker, asks, earlier, moment, policy, read, several, ticket, told, until};

const MINUTE: i64 = 60_000;

both!(
    a_policy_says_when_answers_are_due,
    the_ticket_comes_before_its_queue,
    hours_of_the_week_count,
    clocks_stand_still_while_it_waits,
    a_further_question_has_its_own_clock,
    a_promise_kept_is_met,
    a_warning_comes_once_and_before_the_breach,
    a_breach_is_noted_and_escalated,
    what_was_late_before_anyone_looked_is_late
);

fn minutes(ticket: &Value, due: &str) -> i64 {
    (moment(&ticket[due]) - moment(&ticket["created_at"])) / MINUTE
}

async fn a_policy_says_when_answers_are_due(api: Api) {
    let slow = policy(&api, json!({"first_response_minutes": 240, "resolution_minutes": 2_880})).await;
    let quick = policy(&api, json!({"first_response_minutes": 60, "resolution_minutes": 480})).await;
    let id = ticket(&api, json!({"sla_policy_id": slow})).await;
    let made = read(&api, &id).await;
    assert_eq!((minutes(&made, "first_response_due_at"), minutes(&made, "resolution_due_at")), (240, 2_880));
    assert_eq!((&made["sla_status"], &made["applied_policy_id"]), (&json!("running"), &json!(slow)));
    assert_eq!(minutes(&made, "sla_next_at"), 225, "a quarter of an hour before");
    let moved = api.patch(&format!("/v1/tickets/{id}"), json!({"sla_policy_id": quick})).await.expect(200);
    assert_eq!((minutes(moved.data(), "first_response_due_at"), minutes(moved.data(), "resolution_due_at")), (60, 480));
    let without = api.patch(&format!("/v1/tickets/{id}"), json!({"sla_policy_id": null})).await.expect(200);
    assert!(
        ["resolution_due_at", "sla_status", "sla_next_at"].iter().all(|path| without.data()[path].is_null()),
        "{without}"
    );
    let _ = api.patch(&format!("/v1/sla_policies/{slow}"), json!({"active": false})).await.expect(200);
    assert!(read(&api, &ticket(&api, json!({"sla_policy_id": slow})).await).await["sla_status"].is_null());
}

async fn the_ticket_comes_before_its_queue(api: Api) {
    let of_queue = policy(&api, json!({"resolution_minutes": 100})).await;
    let own = policy(&api, json!({"resolution_minutes": 50})).await;
    // The only policy for this priority; other stories leave it alone.
    let urgent = policy(&api, json!({"resolution_minutes": 200, "priority": "urgent"})).await;
    let queue = api.create("/v1/queues", json!({"name": unique("Queue"), "sla_policy_id": of_queue})).await;
    let due = async |fields: Value| minutes(&read(&api, &ticket(&api, fields).await).await, "resolution_due_at");
    assert_eq!(due(json!({"queue_id": queue, "sla_policy_id": own, "priority": "urgent"})).await, 50);
    assert_eq!(due(json!({"queue_id": queue, "priority": "urgent"})).await, 100);
    assert_eq!(due(json!({"priority": "urgent"})).await, 200);
    let id = ticket(&api, json!({})).await;
    assert!(read(&api, &id).await["resolution_due_at"].is_null());
    let raised = api.patch(&format!("/v1/tickets/{id}"), json!({"priority": "urgent"})).await.expect(200);
    assert_eq!(minutes(raised.data(), "resolution_due_at"), 200);
    let _ = api.delete(&format!("/v1/sla_policies/{urgent}")).await.expect(200);
}

/// One minute of one day in the week: what is promised in two minutes is due in the week after.
async fn hours_of_the_week_count(api: Api) {
    let hours =
        json!({"name": unique("Hours"), "time_zone": "Asia/Kolkata", "hours": {"wednesday": [["00:00", "00:01"]]}});
    let hours = api.create("/v1/business_hours", hours).await;
    let policy = policy(&api, json!({"resolution_minutes": 2, "business_hours_id": hours})).await;
    let made = read(&api, &ticket(&api, json!({"sla_policy_id": policy})).await).await;
    let due = moment(&made["resolution_due_at"]);
    // 00:01 in Kolkata is 18:31 in UTC, the day before.
    assert!(made["resolution_due_at"].as_str().unwrap().ends_with("T18:31:00.000Z"), "{made}");
    assert_eq!((due.div_euclid(86_400_000) + 3).rem_euclid(7), 1, "Tuesday");
    let days = (due - moment(&made["created_at"])) / 86_400_000;
    assert!((7..=14).contains(&days), "{made}");
}

async fn clocks_stand_still_while_it_waits(api: Api) {
    let policy = policy(&api, json!({"first_response_minutes": 60, "resolution_minutes": 120})).await;
    let id = earlier(&api, 20, &[("sla_policy_id", &policy)]).await;
    let before = read(&api, &id).await;
    let at = format!("/v1/tickets/{id}");
    let waits = api.patch(&at, json!({"status": "pending"})).await.expect(200);
    let waits = waits.data();
    assert_eq!(waits["sla_status"], "paused");
    assert!(waits["resolution_due_at"].is_null() && waits["sla_next_at"].is_null(), "{waits}");
    let left = waits["resolution_left_seconds"].as_i64().unwrap();
    assert!((99 * 60..=100 * 60).contains(&left), "{left}");
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    let on = api.patch(&at, json!({"status": "open"})).await.expect(200);
    let on = on.data();
    let paused = moment(&on["updated_at"]) - moment(&waits["stopped_at"]);
    assert!(paused >= 1_500);
    assert_eq!(moment(&on["resolution_due_at"]), moment(&before["resolution_due_at"]) + paused, "to the millisecond");
    assert_eq!((&on["sla_status"], &on["resolution_left_seconds"]), (&json!("running"), &json!(null)));
}

async fn a_further_question_has_its_own_clock(api: Api) {
    let policy = policy(&api, json!({"first_response_minutes": 60, "next_response_minutes": 30})).await;
    let contact = asker(&api).await;
    let id = ticket(&api, json!({"sla_policy_id": policy, "contact_id": contact})).await;
    let _ = asks(&api, &id, &contact).await.expect(201);
    assert!(read(&api, &id).await["next_response_due_at"].is_null(), "the first answer is owed already");
    let _ = act(&api, &id, "reply", json!({"body": "Yes?"})).await.expect(201);
    let answered = read(&api, &id).await;
    assert!(answered["next_response_due_at"].is_null() && answered["sla_next_at"].is_null(), "{answered}");
    let _ = asks(&api, &id, &contact).await.expect(201);
    let asked = read(&api, &id).await;
    assert_eq!(moment(&asked["next_response_due_at"]) - moment(&asked["asked_at"]), 30 * MINUTE);
    let _ = act(&api, &id, "reply", json!({"body": "So."})).await.expect(201);
    assert!(read(&api, &id).await["next_response_due_at"].is_null());
}

async fn a_promise_kept_is_met(api: Api) {
    let policy = policy(&api, json!({"first_response_minutes": 60, "resolution_minutes": 120})).await;
    let id = ticket(&api, json!({"sla_policy_id": policy})).await;
    let solved = act(&api, &id, "resolve", json!({"resolution": "x"})).await.expect(200);
    assert_eq!((&solved.data()["sla_status"], &solved.data()["sla_next_at"]), (&json!("met"), &json!(null)));
    let again = act(&api, &id, "reopen", json!({})).await.expect(200);
    assert_eq!(again.data()["sla_status"], "running");
    assert!(moment(&again.data()["resolution_due_at"]) >= moment(&solved.data()["resolution_due_at"]));
    let old = ticket(&api, json!({"sla_policy_id": policy, "status": "solved"})).await;
    assert!(read(&api, &old).await["sla_status"].is_null(), "nothing was promised for what came in solved");
}

async fn a_warning_comes_once_and_before_the_breach(api: Api) {
    let policy = policy(&api, json!({"resolution_minutes": 60})).await;
    let id = earlier(&api, 50, &[("sla_policy_id", &policy)]).await;
    let warned = until(&api, &id, |ticket| !ticket["sla_warned"].is_null()).await;
    assert_eq!((&warned["sla_warned"], &warned["sla_status"]), (&json!(["resolution"]), &json!("running")));
    assert_eq!(warned["sla_next_at"], warned["resolution_due_at"], "next it runs out");
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    assert_eq!(told(&api, &id).await, ["create", "warn"]);
    // Not yet in its last quarter of an hour.
    let calm = earlier(&api, 40, &[("sla_policy_id", &policy)]).await;
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    assert_eq!(told(&api, &calm).await, ["create"]);
}

async fn a_breach_is_noted_and_escalated(api: Api) {
    let chief = api.create("/v1/users", json!({"name": unique("Chief")})).await;
    let promises = json!({"first_response_minutes": 30, "resolution_minutes": 600, "escalate_to_id": chief});
    let policy = policy(&api, promises).await;
    let id = earlier(&api, 45, &[("sla_policy_id", &policy), ("priority", "high")]).await;
    let late = until(&api, &id, |ticket| !ticket["breached_at"].is_null()).await;
    assert_eq!((&late["sla_status"], &late["sla_breached"]), (&json!("breached"), &json!(["first_response"])));
    assert_eq!(late["breached_at"], late["first_response_due_at"]);
    assert_eq!((&late["assignee_id"], &late["priority"]), (&json!(chief), &json!("urgent")));
    assert_eq!(minutes(&late, "sla_next_at"), 585, "the next warning is of the solution");
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    assert_eq!(told(&api, &id).await, ["create", "breach"], "once, and no warning of what is late");
    let solved = act(&api, &id, "resolve", json!({"resolution": "x"})).await.expect(200);
    assert_eq!(solved.data()["sla_status"], "breached", "it stays so");
}

/// An answer that comes before the clocks were looked at, and after its time.
async fn what_was_late_before_anyone_looked_is_late(api: Api) {
    let id = ticket(&api, json!({})).await;
    // The clock of this one is set by hand, so that no look comes in between.
    let policy = policy(&api, json!({"first_response_minutes": 60})).await;
    let _ = api.patch(&format!("/v1/tickets/{id}"), json!({"sla_policy_id": policy})).await.expect(200);
    let sql = format!("UPDATE r_tickets SET first_response_due_at = 1000, sla_next_at = NULL WHERE id = {id}");
    api.place().sql(&sql);
    let _ = act(&api, &id, "reply", json!({"body": "Sorry."})).await.expect(201);
    let late = read(&api, &id).await;
    assert_eq!((&late["sla_status"], &late["breached_at"]), (&json!("breached"), &json!("1970-01-01T00:00:01.000Z")));
    assert_eq!(late["sla_breached"], json!(["first_response"]));
    let told = told(&api, &id).await;
    assert_eq!(told.iter().filter(|one| *one == "breach").count(), 1, "{told:?}");
}

/// Both look every second, at the same tickets.
#[tokio::test]
async fn two_processes_strike_once() {
    if !Backend::Postgres.is_reachable() {
        return;
    }
    let first = Server::builder().backend(Backend::Postgres).start().await;
    let database = postgres_url(first.place().database().unwrap());
    let second = Server::builder().env("KONTOR_DATABASE_URL", &database).start().await;
    let api = first.api();
    let policy = policy(&api, json!({"first_response_minutes": 30, "resolution_minutes": 600})).await;
    let tickets = several(&api, 60, 45, &[("sla_policy_id", &policy)]).await;
    for id in &tickets {
        let _ = until(&api, id, |ticket| !ticket["breached_at"].is_null()).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    for id in &tickets {
        assert_eq!(told(&api, id).await, ["create", "breach"]);
    }
    for server in [&first, &second] {
        assert!(!server.log().contains("what is due was not done"), "{}", server.place().complaints());
    }
}
