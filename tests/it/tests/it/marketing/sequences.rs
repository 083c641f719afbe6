//! Sequences: steps one after another, once each, and what ends a way.

use kontor_testkit::{Api, Backend, both, both_alone, unique};
use serde_json::{Value, json};

use super::{becomes, contact, link, mailing, mails, template, willing};

both!(what_a_sequence_may_not_be, somebody_is_in_a_sequence_once);
both_alone!(steps_are_taken_once_and_in_order, a_way_ends, a_sequence_is_changed_while_somebody_is_in_it);

async fn sequence(api: &Api, steps: &[Value]) -> String {
    let id = api
        .create("/v1/sequences", json!({"name": unique("Nurture"), "active": true, "reply_to": "ann@acme.example"}))
        .await;
    for (place, step) in steps.iter().enumerate() {
        let mut body = json!({"sequence_id": id, "position": (place + 1) * 10});
        body.as_object_mut().unwrap().extend(step.as_object().unwrap().clone());
        let _ = api.create("/v1/sequence_steps", body).await;
    }
    id
}

async fn enrol(api: &Api, sequence: &str, contact: &str) -> String {
    let made = api.post(&format!("/v1/sequences/{sequence}/enrol"), json!({"contact_id": contact})).await.expect(201);
    format!("/v1/enrolments/{}", made.id())
}

async fn what_a_sequence_may_not_be(api: Api) {
    let id = sequence(&api, &[]).await;
    let step = |more: Value| {
        let mut body = json!({"sequence_id": id, "position": 10, "kind": "condition"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (more, field) in [
        (json!({"condition": "person.contry == \"DE\""}), "condition"),
        (json!({"condition": "person.country =="}), "condition"),
        (json!({"condition": "x()"}), "condition"),
        (json!({"else_position": 10}), "else_position"),
        (json!({"else_position": 3}), "else_position"),
    ] {
        let refused = api.post("/v1/sequence_steps", step(more.clone())).await.refused(400_001);
        assert_eq!(refused.faults()[0]["field"], field, "{more}: {refused}");
    }
    let contact = contact(&api, json!({})).await;
    let refused = api.post(&format!("/v1/sequences/{id}/enrol"), json!({"contact_id": contact})).await.refused(422_000);
    assert!(refused.detail().starts_with("no_steps"), "{refused}");
}

async fn somebody_is_in_a_sequence_once(api: Api) {
    let id = sequence(&api, &[json!({"kind": "wait", "delay_minutes": 60})]).await;
    let contact = contact(&api, json!({})).await;
    let at = enrol(&api, &id, &contact).await;
    let due = api.get(&at).await.expect(200).data()["next_step_at"].clone();
    let again = api.post(&format!("/v1/sequences/{id}/enrol"), json!({"contact_id": contact})).await.refused(422_000);
    assert!(again.detail().starts_with("already_enrolled"), "{again}");
    for bad in [json!({}), json!({"contact_id": contact, "lead_id": contact})] {
        let _ = api.post(&format!("/v1/sequences/{id}/enrol"), bad).await.refused(422_000);
    }
    let _ = api
        .post(&format!("/v1/sequences/{id}/enrol"), json!({"contact_id": crate::support::NO_ID}))
        .await
        .refused(404_001);
    assert_eq!(api.post(&format!("{at}/pause"), json!({})).await.expect(200).data()["status"], "paused");
    let _ = api.post(&format!("{at}/pause"), json!({})).await.refused(422_000);
    let resumed = api.post(&format!("{at}/resume"), json!({})).await.expect(200);
    // What was left of the hour goes on.
    assert_eq!((&resumed.data()["status"], &resumed.data()["next_step_at"]), (&json!("active"), &due));
    assert!(due.is_string());
    let out = api.post(&format!("{at}/unenrol"), json!({"reason": "asked to"})).await.expect(200);
    assert_eq!((&out.data()["status"], &out.data()["stop_reason"]), (&json!("stopped"), &json!("asked to")));
    let _ = api.post(&format!("{at}/unenrol"), json!({})).await.refused(422_000);
    let _ = enrol(&api, &id, &contact).await;
    let _ = api.patch(&at, json!({"status": "active"})).await.refused(403_000);
    let refused = api.delete(&format!("/v1/sequences/{id}")).await.refused(422_000);
    assert!(refused.detail().starts_with("sequence_used"), "{refused}");
}

async fn steps_are_taken_once_and_in_order(backend: Backend) {
    let (server, inbox) = mailing(backend).await;
    let api = server.api();
    let mail = json!({"kind": "email", "template_id": template(&api).await});
    let steps = [
        mail.clone(),
        json!({"kind": "condition", "condition": "person.country == \"DE\"", "else_position": 40}),
        json!({"kind": "task", "subject": "Call the German", "body": "Soon."}),
        json!({"kind": "wait", "delay_minutes": 0}),
        json!({"kind": "call"}),
        json!({"kind": "email", "template_id": mail["template_id"], "delay_minutes": 60}),
    ];
    let id = sequence(&api, &steps).await;
    let german = willing(&api, "german@people.example").await;
    let _ = api.patch(&format!("/v1/contacts/{german}"), json!({"country": "DE"})).await.expect(200);
    let other = willing(&api, "other@people.example").await;
    let ways = [enrol(&api, &id, &german).await, enrol(&api, &id, &other).await];
    for way in &ways {
        for _ in 0..400 {
            if api.get(way).await.expect(200).data()["position"] == 50 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let shown = api.get(way).await.expect(200).data().clone();
        assert_eq!((&shown["position"], &shown["status"]), (&json!(50), &json!("active")), "{shown}");
        assert!(shown["next_step_at"].is_string(), "{shown}");
    }
    let _ = mails(&inbox, 2).await;
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    assert_eq!(inbox.lock().unwrap().len(), 2, "the last mail waits its hour");
    let of = |collection: &'static str, person: String| {
        let api = api.clone();
        async move { api.get(&format!("/v1/{collection}?filter[related_to_id]={person}")).await.expect(200).rows().to_vec() }
    };
    let tasks = of("tasks", german.clone()).await;
    assert_eq!((tasks.len(), &tasks[0]["subject"], &tasks[0]["body"]), (1, &json!("Call the German"), &json!("Soon.")));
    assert_eq!(of("tasks", other.clone()).await.len(), 0);
    assert_eq!((of("calls", german).await.len(), of("calls", other).await.len()), (1, 1));
    let progress = api.get(&format!("/v1/sequences/{id}/progress")).await.expect(200).data().clone();
    assert_eq!(progress["by_position"], json!([{"position": 50, "n": 2}]), "{progress}");
}

async fn a_way_ends(backend: Backend) {
    let (server, inbox) = mailing(backend).await;
    let api = server.api();
    let mail = json!({"kind": "email", "template_id": template(&api).await});
    let hour = json!({"kind": "wait", "delay_minutes": 60});
    let id = sequence(&api, &[mail.clone(), hour.clone(), mail]).await;
    let stopped = async |way: &str, reason: &str| {
        let shown = becomes(&api, way, "status", "stopped").await;
        assert_eq!((&shown["stop_reason"], &shown["next_step_at"]), (&json!(reason), &Value::Null), "{shown}");
    };
    // Who never agreed is not written to.
    let way = enrol(&api, &id, &contact(&api, json!({"email": "shy@people.example"})).await).await;
    stopped(&way, "no_consent").await;
    // Who leaves.
    let way = enrol(&api, &id, &willing(&api, "ann@people.example").await).await;
    let (to, text) = mails(&inbox, 1).await.remove(0);
    assert_eq!(to, "ann@people.example");
    let _ = api.anonymous().post(&link(&text, "leave"), json!({})).await.expect(200);
    stopped(&way, "unsubscribed").await;
    // Who answers.
    let bob = willing(&api, "bob@people.example").await;
    let way = enrol(&api, &id, &bob).await;
    let _ = mails(&inbox, 2).await;
    let answer =
        json!({"subject": "Re: offer", "direction": "inbound", "related_to_object": "contact", "related_to_id": bob});
    let _ = api.create("/v1/emails", answer).await;
    stopped(&way, "replied").await;
    // A lead that is converted.
    let lead =
        api.create("/v1/leads?allow_duplicates=true", json!({"last_name": "Lo", "email": "lo@people.example"})).await;
    let waits = sequence(&api, &[hour]).await;
    let made = api.post(&format!("/v1/sequences/{waits}/enrol"), json!({"lead_id": lead})).await.expect(201);
    let _ = api.post(&format!("/v1/leads/{lead}/convert"), json!({})).await.expect(200);
    stopped(&format!("/v1/enrolments/{}", made.id()), "converted").await;
    // A condition that does not hold and leads nowhere.
    let ends = sequence(&api, &[json!({"kind": "condition", "condition": "person.country"})]).await;
    let way = enrol(&api, &ends, &contact(&api, json!({})).await).await;
    stopped(&way, "condition").await;
    assert_eq!(inbox.lock().unwrap().len(), 2);
}

async fn a_sequence_is_changed_while_somebody_is_in_it(backend: Backend) {
    let (server, _inbox) = mailing(backend).await;
    let api = server.api();
    let id = sequence(&api, &[json!({"kind": "task", "subject": "one"}), json!({"kind": "wait", "delay_minutes": 60})])
        .await;
    let ann = contact(&api, json!({})).await;
    let way = enrol(&api, &id, &ann).await;
    let at_one = async |position: i64| {
        for _ in 0..400 {
            if api.get(&way).await.expect(200).data()["position"] == position {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("it does not come to {position}");
    };
    at_one(10).await;
    // The wait goes, a step comes before and one behind: only the one behind is taken.
    let steps = api.get(&format!("/v1/sequence_steps?filter[sequence_id]={id}&sort=position")).await.expect(200).ids();
    let _ = api.delete(&format!("/v1/sequence_steps/{}", steps[1])).await.expect(200);
    for (position, subject) in [(5, "zero"), (20, "two")] {
        let body = json!({"sequence_id": id, "position": position, "kind": "task", "subject": subject});
        let _ = api.create("/v1/sequence_steps", body).await;
    }
    let _ = api.post(&format!("{way}/pause"), json!({})).await.expect(200);
    let _ = api.post(&format!("{way}/resume"), json!({})).await.expect(200);
    let _ = becomes(&api, &way, "status", "completed").await;
    let tasks = api.get(&format!("/v1/tasks?filter[related_to_id]={ann}&sort=created_at")).await.expect(200);
    assert_eq!(tasks.texts("subject"), ["one", "two"]);
}
