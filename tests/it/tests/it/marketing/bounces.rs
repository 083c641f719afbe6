//! Letters that come back: for now, and for good.

use kontor_testkit::{Api, Backend, both_alone};
use serde_json::{Value, json};

use super::{becomes, mailing, mails, members, template, willing};
use crate::mail::inbound::{came_back, hand_over, message_id};

both_alone!(who_cannot_be_reached_is_left_in_peace);

const WHO: &str = "zoe@people.example";

async fn who_cannot_be_reached_is_left_in_peace(backend: Backend) {
    let (server, inbox) = mailing(backend).await;
    let api = server.api();
    let person = willing(&api, WHO).await;
    let at = format!("/v1/contacts/{person}");
    let template = template(&api).await;
    // A full mailbox is about one letter.
    let first = launch(&api, "First", &template, &person).await;
    let letter = mails(&inbox, 1).await.remove(0).1;
    let _ = hand_over(&api, &came_back(WHO, &message_id(&letter), "4.2.2")).await.expect(201);
    let member = member_becomes(&api, &first, "bounced").await;
    assert!(member["reason"].as_str().unwrap().contains("no such user"), "{member}");
    assert!(api.get(&at).await.expect(200).data()["email_bounced_at"].is_null());
    // Nobody there, said to a sequence's letter.
    let sequence = api.create("/v1/sequences", json!({"name": "Nurture", "active": true})).await;
    for (position, delay) in [(10, 0), (20, 600)] {
        let step = json!({"sequence_id": sequence, "position": position, "kind": "email", "template_id": template, "delay_minutes": delay});
        let _ = api.create("/v1/sequence_steps", step).await;
    }
    let enrol = api.post(&format!("/v1/sequences/{sequence}/enrol"), json!({"contact_id": person})).await.expect(201);
    let letter = mails(&inbox, 2).await.remove(1).1;
    let _ = hand_over(&api, &came_back(WHO, &message_id(&letter), "5.1.1")).await.expect(201);
    let way = becomes(&api, &format!("/v1/enrolments/{}", enrol.id()), "status", "stopped").await;
    assert_eq!(way["stop_reason"], "bounced", "{way}");
    // Another campaign leaves the person out, and so it does after the record is gone and has come back.
    let second = launch(&api, "Second", &template, &person).await;
    assert_eq!(member_becomes(&api, &second, "skipped").await["reason"], "bounced");
    let _ = api.delete(&at).await.expect(200);
    let anew = willing(&api, WHO).await;
    let third = launch(&api, "Third", &template, &anew).await;
    assert_eq!(member_becomes(&api, &third, "skipped").await["reason"], "bounced");
    assert_eq!(inbox.lock().unwrap().len(), 2, "nobody was written to again");
}

async fn launch(api: &Api, name: &str, template: &str, contact: &str) -> String {
    let id = api.create("/v1/campaigns", json!({"name": name, "channel": "email", "template_id": template})).await;
    let at = format!("/v1/campaigns/{id}");
    let _ = api.post(&format!("{at}/enrol"), json!({"contact_ids": [contact]})).await.expect(200);
    let _ = api.post(&format!("{at}/launch"), json!({})).await.expect(200);
    becomes(api, &at, "status", "completed").await;
    id
}

async fn member_becomes(api: &Api, campaign: &str, status: &str) -> Value {
    let id = members(api, campaign).await[0]["id"].as_str().unwrap().to_owned();
    becomes(api, &format!("/v1/campaign_members/{id}"), "status", status).await
}
