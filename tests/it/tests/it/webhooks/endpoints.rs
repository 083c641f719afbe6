//! Endpoints as records: who makes them, what is refused, how they come back.

use kontor_testkit::{Backend, both_alone};
use serde_json::json;

use super::{Says, Sink, contact, delivery, endpoint, quick, until};

both_alone!(
    an_endpoint_is_made_by_who_manages,
    without_a_secret_nothing_is_sent,
    a_test_arrives,
    one_that_wants_no_more_is_disabled_and_recovers,
    one_that_accepts_nothing_is_disabled,
    a_message_is_sent_again,
    many_at_rest_ask_little
);

async fn an_endpoint_is_made_by_who_manages(backend: Backend) {
    let server = quick(backend).start().await;
    let api = server.api();
    let body = json!({"url": "https://hooks.example/x"});
    let _ = api.as_role("member", &[]).post("/v1/webhook_endpoints", body.clone()).await.refused(403_000);
    let _ = api.as_role("member", &[]).get("/v1/webhook_deliveries").await.refused(403_000);
    for (wrong, field) in [
        (json!({"url": "ftp://hooks.example/x"}), "url"),
        (json!({"url": "https://me:secret@hooks.example/x"}), "url"),
        (json!({"url": "https://hooks.example/x", "event_types": "kontor.deal.*"}), "event_types"),
        (json!({"url": "https://hooks.example/x", "event_types": ["Deal"]}), "event_types"),
        (json!({"url": "https://hooks.example/x", "fields": [7]}), "fields"),
        (json!({"url": "https://hooks.example/x", "filter": {"field": "a", "op": "like", "value": 1}}), "filter"),
    ] {
        let refused = api.post("/v1/webhook_endpoints", wrong).await;
        assert_eq!(refused.status, 400, "{refused}");
        assert!(
            refused.faults().iter().any(|fault| fault["field"] == field) || refused.detail().contains(field),
            "{refused}"
        );
    }
    let made = api.post("/v1/webhook_endpoints", body).await.expect(201);
    assert_eq!(made.data()["rights"]["role"], "admin");
    let path = format!("/v1/webhook_endpoints/{}", made.id());
    let same = api.patch(&path, json!({"rights": {"role": "owner", "scopes": []}})).await.expect(200);
    assert_eq!(same.data()["rights"], made.data()["rights"], "it is the rule's to say");
    for (query, code) in [("state=lost", 400_006), ("event_id=x", 400_000), ("cursor=x", 400_005), ("limit=0", 400_004)]
    {
        let _ = api.get(&format!("/v1/webhook_deliveries?{query}")).await.refused(code);
    }
    let _ = api.get("/v1/webhook_deliveries/msg_1_2").await.refused(404_001);
    let _ = api.post("/v1/webhook_deliveries/x/redeliver", json!({})).await.refused(404_001);
    let _ = api.post("/v1/webhook_endpoints/4242/test", json!({})).await.refused(404_001);
    let _ =
        api.post(&format!("/v1/webhook_endpoints/{}/recover", made.id()), json!({"since": "x"})).await.refused(400_001);
}

/// One of a batch, or a copy in a sandbox: its secret was shown to nobody.
async fn without_a_secret_nothing_is_sent(backend: Backend) {
    let server = quick(backend).start().await;
    let api = server.api();
    let (sink, other) = (Sink::accepting().await, Sink::accepting().await);
    let body = json!({"url": sink.url, "event_types": ["kontor.contact.created"]});
    let id = crate::support::batch(&api, "/v1/webhook_endpoints", [body]).await.remove(0);
    endpoint(&api, &other.url, json!({"event_types": ["kontor.contact.created"]})).await;
    contact(&api).await;
    other.wait(1).await;
    assert!(sink.got().is_empty());
    let path = format!("/v1/webhook_endpoints/{id}");
    let refused = api.post(&format!("{path}/test"), json!({})).await.refused(422_000);
    assert!(refused.detail().starts_with("no_secret"), "{refused}");
    let secret = api.post(&format!("{path}/rotate_secret"), json!({})).await.expect(200);
    let subject = format!("contacts/{}", contact(&api).await);
    let arrived = async || sink.got().into_iter().find(|got| got.json()["subject"] == subject.as_str());
    let got = until("what happens from now on", arrived).await;
    assert!(super::signatures::verifies(secret.data()["secret"].as_str().unwrap(), &got));
}

async fn a_test_arrives(backend: Backend) {
    let server = quick(backend).start().await;
    let api = server.api();
    let sink = Sink::accepting().await;
    let (id, secret) = endpoint(&api, &sink.url, json!({"event_types": ["kontor.deal.won"]})).await;
    let sent = api.post(&format!("/v1/webhook_endpoints/{id}/test"), json!({})).await.expect(202);
    let got = sink.wait(1).await;
    assert_eq!(got[0].json()["type"], "kontor.webhook.test");
    assert!(super::signatures::verifies(&secret, &got[0]));
    let location = sent.header("location").to_owned();
    let done = async || Some(api.get(&location).await.expect(200)).filter(|reply| reply.data()["state"] == "delivered");
    assert_eq!(until("the test is delivered", done).await.data()["attempts"], 1);
    let _ = api.patch(&format!("/v1/webhook_endpoints/{id}"), json!({"enabled": false})).await.expect(200);
    let _ = api.post(&format!("/v1/webhook_endpoints/{id}/test"), json!({})).await.refused(422_000);
}

async fn one_that_wants_no_more_is_disabled_and_recovers(backend: Backend) {
    let server = quick(backend).start().await;
    let api = server.api();
    let sink = Sink::saying(&[Says::Status(410, "")]).await;
    let (id, _) = endpoint(&api, &sink.url, json!({"event_types": ["kontor.contact.created"]})).await;
    let path = format!("/v1/webhook_endpoints/{id}");
    let first = contact(&api).await;
    let off = async || Some(api.get(&path).await.expect(200)).filter(|reply| reply.data()["enabled"] == false);
    let disabled = until("410 disables", off).await;
    assert!(disabled.data()["disabled_reason"].as_str().unwrap().contains("410"), "{disabled}");
    assert_eq!(delivery(&api, &id, "failed").await["attempts"], 1);
    // What happens meanwhile is not lost.
    let second = contact(&api).await;
    sink.says(Says::Status(200, ""));
    let _ = api.post(&format!("{path}/recover"), json!({"since": "2026-01-01T00:00:00Z"})).await.refused(422_000);
    let on = api.patch(&path, json!({"enabled": true})).await.expect(200);
    assert!(on.data()["disabled_reason"].is_null(), "{on}");
    let before = sink.got().len();
    let _ = api.post(&format!("{path}/recover"), json!({"since": "2026-01-01T00:00:00Z"})).await.expect(202);
    let got = sink.wait(before + 2).await;
    let mut subjects: Vec<String> =
        got[before..].iter().map(|one| one.json()["subject"].as_str().unwrap().to_owned()).collect();
    subjects.sort();
    let mut wanted = vec![format!("contacts/{first}"), format!("contacts/{second}")];
    wanted.sort();
    assert_eq!(subjects, wanted);
}

async fn one_that_accepts_nothing_is_disabled(backend: Backend) {
    let server = quick(backend).start().await;
    let api = server.api();
    let sink = Sink::saying(&[Says::Status(503, "")]).await;
    let (id, _) = endpoint(&api, &sink.url, json!({"event_types": ["kontor.contact.created"]})).await;
    contact(&api).await;
    let failing = async || {
        let since = server.place().texts("SELECT CAST(failing_since AS TEXT) FROM webhook_state");
        since.first().is_some_and(|since| !since.is_empty()).then_some(())
    };
    until("it is failing", failing).await;
    let path = format!("/v1/webhook_endpoints/{id}");
    assert_eq!(api.get(&path).await.expect(200).data()["enabled"], true);
    // The schedule's five days are half an hour here: the record was changed before, and nothing was accepted since.
    server.place().sql("UPDATE r_webhook_endpoints SET updated_at = updated_at - 1800000");
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    server.place().sql("UPDATE webhook_state SET failing_since = failing_since - 1728000");
    contact(&api).await;
    let off = async || Some(api.get(&path).await.expect(200)).filter(|reply| reply.data()["enabled"] == false);
    let disabled = until("it is given up", off).await;
    assert!(disabled.data()["disabled_reason"].as_str().unwrap().contains("five days"), "{disabled}");
    let told = async || {
        let page = api.get(&format!("/v1/events?subject=webhook_endpoints/{id}")).await.expect(200);
        page.texts("type").contains(&"kontor.webhook_endpoint.disabled".to_owned()).then_some(())
    };
    until("an event says so", told).await;
}

async fn a_message_is_sent_again(backend: Backend) {
    let server = quick(backend).start().await;
    let api = server.api();
    let sink = Sink::accepting().await;
    let (id, _) = endpoint(&api, &sink.url, json!({"event_types": ["kontor.contact.created"]})).await;
    contact(&api).await;
    let done = delivery(&api, &id, "delivered").await;
    let again =
        api.post(&format!("/v1/webhook_deliveries/{}/redeliver", done["id"].as_str().unwrap()), json!({})).await;
    assert_eq!(again.expect(200).data()["state"], "pending");
    let got = sink.wait(2).await;
    assert_eq!(got[0].body, got[1].body);
    assert_eq!(got[0].header("webhook-id"), got[1].header("webhook-id"));
    // A purged record is in no message.
    let subject = got[0].json()["subject"].as_str().unwrap().replacen("contacts/", "/v1/contacts/", 1);
    let _ = api.delete(&subject).await.expect(200);
    let _ = api.post(&format!("{subject}/purge"), json!({})).await.expect(200);
    let _ = api.post(&format!("/v1/webhook_deliveries/{}/redeliver", done["id"].as_str().unwrap()), json!({})).await;
    let got = sink.wait(3).await;
    assert!(got[2].json()["data"]["record"].is_null());
}

/// Questions and commits of the server so far.
async fn asked(api: &kontor_testkit::Api) -> u64 {
    let text = api.anonymous().get("/metrics").await.expect(200).text();
    let lines = text.lines().filter(|line| line.starts_with("db_duration_seconds_count"));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

async fn many_at_rest_ask_little(backend: Backend) {
    const MANY: u64 = 40;
    const SECONDS: u64 = 5;
    let server = quick(backend).start().await;
    let api = server.api();
    let sink = Sink::accepting().await;
    let at_rest = async || {
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        let before = asked(&api).await;
        tokio::time::sleep(std::time::Duration::from_secs(SECONDS)).await;
        asked(&api).await - before
    };
    let nobody = at_rest().await;
    let mut last = String::new();
    for _ in 0..MANY {
        (last, _) = endpoint(&api, &sink.url, json!({"event_types": ["kontor.deal.*"]})).await;
    }
    let all = at_rest().await;
    assert!(all < nobody + MANY * SECONDS / 4, "{nobody} without, {all} with {MANY} endpoints, in {SECONDS} s");
    // And yet they are awake.
    let _ = api.post(&format!("/v1/webhook_endpoints/{last}/test"), json!({})).await.expect(202);
    until("a test arrives", async || sink.got().pop()).await;
}
