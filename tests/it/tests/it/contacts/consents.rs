//! What a person agreed to.

use kontor_testkit::{Api, both, unique};
use serde_json::{Value, json};

both!(
    a_consent_is_withdrawn,
    what_was_withdrawn_stays_so,
    one_consent_is_in_force,
    fifty_at_once_make_one,
    of_two_persons_who_are_one_both_go,
    a_withdrawal_has_its_time
);

async fn contact(api: &Api) -> String {
    api.create("/v1/contacts", json!({"last_name": unique("Roe")})).await
}

fn newsletter(contact: &str) -> Value {
    json!({"contact_id": contact, "purpose": "newsletter", "channel": "email", "given_at": "2026-03-01T09:00:00Z"})
}

async fn a_consent_is_withdrawn(api: Api) {
    let at = format!("/v1/consents/{}", api.create("/v1/consents", newsletter(&contact(&api).await)).await);
    let gone = api.post(&format!("{at}/withdraw"), json!({})).await.expect(200);
    assert!(gone.data()["withdrawn_at"].is_string() && gone.data()["in_force_for"].is_null(), "{gone}");
    assert_eq!(api.get(&format!("{at}/history")).await.expect(200).texts("action"), ["withdraw", "create"]);
    let again = api.post(&format!("{at}/withdraw"), json!({})).await.refused(422_000);
    assert!(again.detail().contains("consent_withdrawn"), "{again}");
}

async fn what_was_withdrawn_stays_so(api: Api) {
    let contact = contact(&api).await;
    let at = format!("/v1/consents/{}", api.create("/v1/consents", newsletter(&contact)).await);
    let _ = api.post(&format!("{at}/withdraw"), json!({"at": "2026-04-01T00:00:00Z"})).await.expect(200);
    let reply = api.patch(&at, json!({"withdrawn_at": null})).await.refused(422_000);
    assert!(reply.detail().contains("make a new one"), "{reply}");
    // Who agrees again gives a new one.
    let _ = api.create("/v1/consents", newsletter(&contact)).await;
}

async fn one_consent_is_in_force(api: Api) {
    let (one, other) = (contact(&api).await, contact(&api).await);
    let first = api.create("/v1/consents", newsletter(&one)).await;
    let second = api.post("/v1/consents", newsletter(&one)).await.refused(422_000);
    assert!(second.detail().contains("one_consent_in_force") && second.detail().contains(&first), "{second}");
    let with = |field: &str, value: Value| {
        let mut body = newsletter(&one);
        body[field] = value;
        body
    };
    for body in [
        newsletter(&other),
        with("purpose", json!("sales")),
        with("channel", json!("phone")),
        with("channel", json!(null)),
        with("withdrawn_at", json!("2026-03-02T00:00:00Z")),
    ] {
        let _ = api.post("/v1/consents", body).await.expect(201);
    }
    let _ = api.post("/v1/consents", with("channel", json!(null))).await.refused(422_000);
    let phone = with("channel", json!("sms"));
    let moved = api.create("/v1/consents", phone).await;
    let _ = api.patch(&format!("/v1/consents/{moved}"), json!({"channel": "email"})).await.refused(422_000);
    // Back from the bin it is in force again.
    let _ = api.delete(&format!("/v1/consents/{first}")).await.expect(200);
    let next = api.create("/v1/consents", newsletter(&one)).await;
    let _ = api.post(&format!("/v1/consents/{first}/restore"), json!({})).await.refused(422_000);
    let _ = api.delete(&format!("/v1/consents/{next}")).await.expect(200);
    let _ = api.post(&format!("/v1/consents/{first}/restore"), json!({})).await.expect(200);
    // Two in one batch are one too many.
    let third = contact(&api).await;
    let operations = [newsletter(&third), newsletter(&third)].map(|data| json!({"op": "create", "data": data}));
    let reply = api.post("/v1/consents/batch", json!({"atomic": false, "operations": operations})).await.expect(207);
    let states: Vec<u64> = reply.rows().iter().map(|row| row["status"].as_u64().unwrap()).collect();
    assert_eq!(states, [201, 422], "{reply}");
}

async fn fifty_at_once_make_one(api: Api) {
    let contact = contact(&api).await;
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..50 {
        callers.spawn(api.request("POST", "/v1/consents").json(&newsletter(&contact)).send());
    }
    let mut made = 0;
    for reply in callers.join_all().await {
        if reply.status == 201 {
            made += 1;
        } else {
            let _ = reply.refused(422_000);
        }
    }
    assert_eq!(made, 1);
    let kept = api.get(&format!("/v1/consents?filter[contact_id]={contact}&count=exact")).await.expect(200);
    assert_eq!(kept.page()["total"], 1);
}

/// Who agreed under two names is asked once, and withdraws once.
async fn of_two_persons_who_are_one_both_go(api: Api) {
    let (own, other) = (contact(&api).await, contact(&api).await);
    let first = api.create("/v1/consents", newsletter(&own)).await;
    let second = api.create("/v1/consents", newsletter(&other)).await;
    let _ = api.post(&format!("/v1/contacts/{own}/merge"), json!({"with_id": other})).await.expect(200);
    let moved = api.get(&format!("/v1/consents/{second}")).await.expect(200);
    assert_eq!((&moved.data()["contact_id"], &moved.data()["withdrawn_at"]), (&json!(own), &json!(null)));
    let _ = api.post("/v1/consents", newsletter(&own)).await.refused(422_000);
    let gone = api.post(&format!("/v1/consents/{second}/withdraw"), json!({})).await.expect(200);
    let both = api.get(&format!("/v1/consents/{first}")).await.expect(200);
    assert_eq!(both.data()["withdrawn_at"], gone.data()["withdrawn_at"]);
    let _ = api.create("/v1/consents", newsletter(&own)).await;
}

async fn a_withdrawal_has_its_time(api: Api) {
    let contact = contact(&api).await;
    let at = format!("/v1/consents/{}", api.create("/v1/consents", newsletter(&contact)).await);
    for bad in ["2999-01-01T00:00:00Z", "2026-02-28T00:00:00Z"] {
        let reply = api.post(&format!("{at}/withdraw"), json!({"at": bad})).await.refused(400_001);
        assert_eq!(reply.faults()[0]["field"], "at", "{bad}");
    }
    let reply = api.patch(&at, json!({"withdrawn_at": "2026-02-28T00:00:00Z"})).await.refused(400_001);
    assert_eq!(reply.faults()[0]["field"], "withdrawn_at");
    assert_eq!(api.get(&at).await.expect(200).data()["version"], 1);
}
