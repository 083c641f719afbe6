//! Campaigns: what they need to begin, whom they reach, and that each is written to once.

use std::collections::BTreeMap;

use kontor_testkit::{Api, Backend, Server, both, both_alone, unique};
use serde_json::{Value, json};

use super::{becomes, contact, mailing, mails, members, template, willing};

both!(a_campaign_needs_somebody_and_something, a_campaign_is_added_to_once);
both_alone!(each_member_is_written_to_once, a_campaign_waits_and_pauses, nobody_waits_for_the_next_round);

async fn act(api: &Api, campaign: &str, action: &str, body: Value) -> kontor_testkit::Reply {
    api.post(&format!("/v1/campaigns/{campaign}/{action}"), body).await
}

async fn campaign(api: &Api, more: Value) -> String {
    let mut body = json!({"name": unique("Spring"), "channel": "email"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    api.create("/v1/campaigns", body).await
}

async fn a_campaign_needs_somebody_and_something(api: Api) {
    let sendable = template(&api).await;
    let body = json!({"name": unique("T"), "subject": "Hi", "body_text": "No way out"});
    let locked = api.create("/v1/templates", body).await;
    let half =
        json!({"name": unique("T"), "subject": "Hi", "body_text": "{{ unsubscribe_url }}", "body_html": "<p>No</p>"});
    let half = api.create("/v1/templates", half).await;
    let companies = api.create("/v1/segments", json!({"name": unique("S"), "target_object": "company"})).await;
    let off = template(&api).await;
    let _ = api.patch(&format!("/v1/templates/{off}"), json!({"active": false})).await.expect(200);
    for (more, rule) in [
        (json!({}), "no_template"),
        (json!({"template_id": off}), "template_inactive"),
        (json!({"template_id": locked}), "template_incomplete"),
        (json!({"template_id": half}), "template_incomplete"),
        (json!({"template_id": sendable}), "no_members"),
        (json!({"template_id": sendable, "segment_id": companies}), "segment_object"),
    ] {
        let id = campaign(&api, more.clone()).await;
        let refused = act(&api, &id, "launch", json!({})).await.refused(422_000);
        assert!(refused.detail().starts_with(rule), "{more}: {refused}");
    }
    let id = campaign(&api, json!({"template_id": sendable})).await;
    for action in ["pause", "resume", "complete"] {
        let refused = act(&api, &id, action, json!({})).await.refused(422_000);
        assert!(refused.detail().starts_with("campaign_state"), "{refused}");
    }
    let refused = api.patch(&format!("/v1/campaigns/{id}"), json!({"status": "running"})).await.refused(422_000);
    assert!(refused.detail().starts_with("campaign_state"), "{refused}");
    // One without mail is kept by hand.
    let fair = campaign(&api, json!({"channel": "event"})).await;
    let _ = api.patch(&format!("/v1/campaigns/{fair}"), json!({"status": "completed"})).await.expect(200);
}

async fn a_campaign_is_added_to_once(api: Api) {
    let id = campaign(&api, json!({})).await;
    let (ann, bob) = (contact(&api, json!({})).await, contact(&api, json!({})).await);
    let _ = act(&api, &id, "enrol", json!({"contact_ids": [ann, ann]})).await.expect(200);
    assert_eq!(members(&api, &id).await.len(), 1);
    let refused = act(&api, &id, "enrol", json!({"contact_ids": [bob, ann]})).await.refused(422_000);
    assert!(refused.detail().starts_with("already_enrolled") && refused.detail().contains(&ann), "{refused}");
    assert_eq!(members(&api, &id).await.len(), 1, "all of it or nothing");
    let taken = api.post("/v1/campaign_members", json!({"campaign_id": id, "contact_id": ann})).await;
    assert_eq!(taken.error_code(), 409_001, "{taken}");
    for bad in [json!({"contact_ids": "x"}), json!({"contact_ids": [7]}), json!({"contact_ids": {}})] {
        let _ = act(&api, &id, "enrol", bad).await.refused(400_001);
    }
    for nobody in [json!({}), json!({"contact_ids": []})] {
        let refused = act(&api, &id, "enrol", nobody).await.refused(422_000);
        assert!(refused.detail().starts_with("no_person"), "{refused}");
    }
    let _ = act(&api, &id, "enrol", json!({"contact_ids": [crate::support::NO_ID]})).await.refused(404_001);
    let _ = act(&api, &id, "enrol", json!({"lead_ids": [ann]})).await.refused(404_001);
}

async fn each_member_is_written_to_once(backend: Backend) {
    let (server, inbox) = mailing(backend).await;
    let api = server.api();
    let mut good = Vec::new();
    for n in 0..7 {
        good.push(willing(&api, &format!("good{n}@people.example")).await);
    }
    let mut left_out: BTreeMap<String, &str> = BTreeMap::new();
    left_out.insert(contact(&api, json!({"email": "never@people.example"})).await, "no_consent");
    left_out.insert(contact(&api, json!({})).await, "no_address");
    let barred = willing(&api, "barred@people.example").await;
    let _ = api.patch(&format!("/v1/contacts/{barred}"), json!({"do_not_email": true})).await.expect(200);
    left_out.insert(barred, "do_not_email");
    let gone = willing(&api, "gone@people.example").await;
    let consent = api.get(&format!("/v1/consents?filter[contact_id]={gone}")).await.expect(200).ids().remove(0);
    let _ = api.post(&format!("/v1/consents/{consent}/withdraw"), json!({})).await.expect(200);
    left_out.insert(gone, "consent_withdrawn");
    left_out.insert(willing(&api, "GOOD0@people.example").await, "same_address");
    let segment = api
        .create(
            "/v1/segments",
            json!({"name": "All", "conditions": {"field": "last_name", "op": "starts_with", "value": "Roe"}}),
        )
        .await;
    let template = template(&api).await;
    let body = json!({"segment_id": segment, "template_id": template, "from_name": "Ann of Acme", "reply_to": "ann@acme.example"});
    let id = campaign(&api, body).await;
    let _ = act(&api, &id, "launch", json!({})).await.expect(200);
    let twice = act(&api, &id, "launch", json!({})).await.refused(422_000);
    assert!(twice.detail().starts_with("campaign_state"), "{twice}");
    let at = format!("/v1/campaigns/{id}");
    let done = becomes(&api, &at, "status", "completed").await;
    assert!(done["launched_at"].is_string() && done["completed_at"].is_string(), "{done}");
    let all = members(&api, &id).await;
    assert_eq!(all.len(), 12);
    for member in &all {
        let contact = member["contact_id"].as_str().unwrap();
        match left_out.get(contact) {
            Some(why) => {
                assert_eq!((&member["status"], &member["reason"]), (&json!("skipped"), &json!(why)), "{member}")
            }
            None => {
                assert_eq!((&member["status"], good.iter().any(|id| id == contact)), (&json!("sent"), true), "{member}")
            }
        }
    }
    let mut taken: Vec<String> = mails(&inbox, 7).await.into_iter().map(|(to, _)| to).collect();
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    assert_eq!(inbox.lock().unwrap().len(), 7, "nobody is written to twice");
    taken.sort();
    assert_eq!(taken, (0..7).map(|n| format!("good{n}@people.example")).collect::<Vec<_>>());
    let results = api.get(&format!("{at}/results")).await.expect(200).data().clone();
    assert_eq!(
        (&results["members"], &results["sent"], &results["by_status"]),
        (&json!(12), &json!(7), &json!({"sent": 7, "skipped": 5}))
    );
    // Its links lead to it: it stays.
    let refused = api.delete(&at).await.refused(422_000);
    assert!(refused.detail().starts_with("campaign_sent"), "{refused}");
    // Who does not see everybody does not write to everybody.
    let other = campaign(&api, json!({"segment_id": segment, "template_id": template})).await;
    let role = crate::permissions::role(
        &api,
        &[
            ("*", "read", "own", json!(null)),
            ("*", "create", "all", json!(null)),
            ("*", "update", "all", json!(null)),
            ("campaign", "read", "all", json!(null)),
            ("template", "read", "all", json!(null)),
        ],
    )
    .await;
    let user = crate::permissions::user(&api, None).await;
    let narrow = crate::permissions::acting(&api, &user, &role);
    let refused = act(&narrow, &other, "launch", json!({})).await.refused(422_000);
    assert!(refused.detail().starts_with("segment_reach"), "{refused}");
}

async fn a_campaign_waits_and_pauses(backend: Backend) {
    let (server, inbox) = mailing(backend).await;
    let api = server.api();
    let ann = willing(&api, "ann@people.example").await;
    let template = template(&api).await;
    let id = campaign(&api, json!({"template_id": template})).await;
    let at = format!("/v1/campaigns/{id}");
    let _ = act(&api, &id, "enrol", json!({"contact_ids": [ann]})).await.expect(200);
    let later = act(&api, &id, "launch", json!({"at": "2199-01-01T00:00:00Z"})).await.expect(200);
    assert_eq!(later.data()["status"], "scheduled");
    let soon = kontor_model::time::datetime_text(kontor_model::Clock::now_ms(&kontor_model::SystemClock) + 1_500);
    let _ = act(&api, &id, "launch", json!({"at": soon})).await.expect(200);
    assert_eq!(inbox.lock().unwrap().len(), 0);
    let _ = becomes(&api, &at, "status", "completed").await;
    assert_eq!(mails(&inbox, 1).await[0].0, "ann@people.example");
    let bob = willing(&api, "bob@people.example").await;
    let id = campaign(&api, json!({"template_id": template})).await;
    let _ = act(&api, &id, "enrol", json!({"contact_ids": [bob]})).await.expect(200);
    let _ = act(&api, &id, "launch", json!({"at": "2199-01-01T00:00:00Z"})).await.expect(200);
    let _ = act(&api, &id, "cancel", json!({})).await.expect(200);
    let refused = act(&api, &id, "launch", json!({})).await.refused(422_000);
    assert!(refused.detail().contains("cancelled"), "{refused}");
    assert_eq!(members(&api, &id).await[0]["status"], "added");
}

/// What somebody has just begun does not wait until services look around again.
async fn nobody_waits_for_the_next_round(backend: Backend) {
    let server = Server::builder().backend(backend).env("KONTOR_SWEEPS_EVERY_SECONDS", "3600").start().await;
    let api = server.api();
    let person = willing(&api, "zoe@people.example").await;
    let segment = api.create("/v1/segments", json!({"name": "All", "target_object": "contact"})).await;
    let _ = api.post(&format!("/v1/segments/{segment}/freeze"), json!({})).await.expect(200);
    let drawn = format!("/v1/segment_members?filter[segment_id]={segment}");
    crate::webhooks::until("it is drawn", async || (api.get(&drawn).await.expect(200).rows().len() == 1).then_some(()))
        .await;
    let id = campaign(&api, json!({"template_id": template(&api).await})).await;
    let _ = act(&api, &id, "enrol", json!({"contact_ids": [person]})).await.expect(200);
    let _ = act(&api, &id, "launch", json!({})).await.expect(200);
    becomes(&api, &format!("/v1/campaigns/{id}"), "status", "completed").await;
    let sequence = api.create("/v1/sequences", json!({"name": "Nurture", "active": true})).await;
    let step = json!({"sequence_id": sequence, "position": 10, "kind": "task", "subject": "Call"});
    let _ = api.create("/v1/sequence_steps", step).await;
    let way = api.post(&format!("/v1/sequences/{sequence}/enrol"), json!({"contact_id": person})).await.expect(201);
    becomes(&api, &format!("/v1/enrolments/{}", way.id()), "status", "completed").await;
}
