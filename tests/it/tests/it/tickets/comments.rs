//! What is said, and canned replies.

use kontor_testkit::{Api, both, unique};
use serde_json::json;

use super::{act, asker, asks, read, ticket, told};
use crate::support::NO_ID;

both!(
    a_reply_is_a_comment_that_answers,
    a_note_answers_nobody,
    a_reply_may_wait_for_the_asker,
    twenty_replies_at_once_are_all_there,
    a_canned_reply_is_filled_in,
    an_unknown_placeholder_is_refused,
    a_canned_reply_of_another_queue_is_refused
);

async fn a_reply_is_a_comment_that_answers(api: Api) {
    let contact = asker(&api).await;
    let id = ticket(&api, json!({"contact_id": contact})).await;
    let reply = act(&api, &id, "reply", json!({"body": "Is it plugged in?"})).await.expect(201);
    let comment = reply.data();
    assert_eq!(reply.header("location"), format!("/v1/ticket_comments/{}", reply.id()));
    assert_eq!(
        (&comment["object"], &comment["ticket_id"], &comment["public"], &comment["contact_id"]),
        (&json!("ticket_comment"), &json!(id), &json!(true), &json!(null))
    );
    let first = read(&api, &id).await;
    assert_eq!((&first["first_responded_at"], &first["replied_at"]), (&comment["created_at"], &comment["created_at"]));
    let _ = asks(&api, &id, &contact).await.expect(201);
    let asked = read(&api, &id).await;
    assert!(asked["asked_at"].is_string());
    let _ = asks(&api, &id, &contact).await.expect(201);
    assert_eq!(read(&api, &id).await["asked_at"], asked["asked_at"], "the first unanswered question counts");
    let _ = act(&api, &id, "reply", json!({"body": "Then it is broken."})).await.expect(201);
    let second = read(&api, &id).await;
    assert!(second["asked_at"].is_null() && second["first_responded_at"] == first["first_responded_at"]);
    assert_eq!(told(&api, &id).await, ["create", "reply", "update", "reply"]);
    let types = format!("SELECT type FROM event WHERE subject = 'tickets/{id}' ORDER BY id");
    let types = api.place().texts(&types);
    assert_eq!(types.iter().filter(|one| *one == "kontor.ticket.replied").count(), 2, "{types:?}");
}

async fn a_note_answers_nobody(api: Api) {
    let id = ticket(&api, json!({})).await;
    let note = act(&api, &id, "reply", json!({"body": "He always calls.", "public": false})).await.expect(201);
    assert_eq!(note.data()["public"], false);
    assert_eq!(
        (&read(&api, &id).await["first_responded_at"], &read(&api, &id).await["version"]),
        (&json!(null), &json!(1))
    );
    let reply = act(&api, &id, "reply", json!({"body": "x", "public": false, "pending": true})).await.refused(400_001);
    assert_eq!(reply.faults()[0]["field"], "pending");
}

async fn a_reply_may_wait_for_the_asker(api: Api) {
    let contact = asker(&api).await;
    let id = ticket(&api, json!({"contact_id": contact})).await;
    let _ = act(&api, &id, "reply", json!({"body": "Which colour?", "pending": true})).await.expect(201);
    let waits = read(&api, &id).await;
    assert_eq!(waits["status"], "pending");
    assert!(waits["stopped_at"].is_string() && waits["first_responded_at"].is_string());
    let _ = asks(&api, &id, &contact).await.expect(201);
    assert_eq!(read(&api, &id).await["status"], "open");
    let _ = act(&api, &id, "resolve", json!({"resolution": "x"})).await.expect(200);
    let _ = act(&api, &id, "reply", json!({"body": "x", "pending": true})).await.refused(422_000);
    let stale = api.request("POST", &format!("/v1/tickets/{id}/reply")).header("if-match", "\"1\"");
    let _ = stale.json(&json!({"body": "x"})).send().await.refused(412_000);
}

async fn twenty_replies_at_once_are_all_there(api: Api) {
    let id = ticket(&api, json!({})).await;
    let mut callers = tokio::task::JoinSet::new();
    for n in 0..20 {
        let (api, id) = (api.clone(), id.clone());
        callers.spawn(async move { act(&api, &id, "reply", json!({"body": format!("{n}")})).await });
    }
    for reply in callers.join_all().await {
        let _ = reply.expect(201);
    }
    let kept = api.get(&format!("/v1/ticket_comments?filter[ticket_id]={id}&count=exact")).await.expect(200);
    assert_eq!(kept.page()["total"], 20);
    assert_eq!(told(&api, &id).await.iter().filter(|one| *one == "reply").count(), 20);
}

async fn a_canned_reply_is_filled_in(api: Api) {
    let (contact, subject) = (asker(&api).await, unique("Printer"));
    let id = ticket(&api, json!({"contact_id": contact, "subject": subject})).await;
    let body = "Dear {{contact.first_name}}, about {{ ticket.subject }} ({{ticket.number}}): {{company.name}}.";
    let canned = api.create("/v1/canned_replies", json!({"name": unique("Hello"), "body": body})).await;
    let sent = act(&api, &id, "reply", json!({"canned_reply_id": canned})).await.expect(201);
    let number = read(&api, &id).await["number"].as_str().unwrap().to_owned();
    assert_eq!(sent.data()["body"], format!("Dear Maria, about {subject} ({number}): ."));
    let both = act(&api, &id, "reply", json!({"canned_reply_id": canned, "body": "x"})).await.refused(400_001);
    assert_eq!(both.faults()[0]["field"], "body");
    let none = act(&api, &id, "reply", json!({})).await.refused(400_001);
    assert_eq!(
        (none.faults()[0]["field"].clone(), none.faults()[0]["code"].clone()),
        (json!("body"), json!("required"))
    );
    let _ = act(&api, &id, "reply", json!({"canned_reply_id": NO_ID})).await.refused(404_001);
    let _ = api.patch(&format!("/v1/canned_replies/{canned}"), json!({"active": false})).await.expect(200);
    let _ = act(&api, &id, "reply", json!({"canned_reply_id": canned})).await.refused(422_000);
}

async fn an_unknown_placeholder_is_refused(api: Api) {
    for (body, word) in [
        ("Dear {{contact.fist_name}}", "did you mean \\\"contact.first_name\\\""),
        ("Dear {{contact.first_name", "no }} closes"),
        ("{{user.password}}", "unknown placeholder"),
    ] {
        let reply = api.post("/v1/canned_replies", json!({"name": unique("Bad"), "body": body})).await.refused(400_001);
        assert_eq!(reply.faults()[0]["field"], "body");
        assert!(reply.text().contains(word), "{reply}");
    }
    let made = api.create("/v1/canned_replies", json!({"name": unique("Good"), "body": "Hi"})).await;
    let _ = api.patch(&format!("/v1/canned_replies/{made}"), json!({"body": "{{x}}"})).await.refused(400_001);
}

async fn a_canned_reply_of_another_queue_is_refused(api: Api) {
    let queue = api.create("/v1/queues", json!({"name": unique("Queue")})).await;
    let canned = json!({"name": unique("Hello"), "body": "Hi", "queue_id": queue});
    let canned = api.create("/v1/canned_replies", canned).await;
    let outside = ticket(&api, json!({})).await;
    let reply = act(&api, &outside, "reply", json!({"canned_reply_id": canned})).await.refused(422_000);
    assert!(reply.detail().contains("canned_reply_queue"), "{reply}");
    let inside = ticket(&api, json!({"queue_id": queue})).await;
    let _ = act(&api, &inside, "reply", json!({"canned_reply_id": canned})).await.expect(201);
}
