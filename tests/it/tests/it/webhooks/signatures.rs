//! What arrives is signed as Standard Webhooks says; the official library verifies it.

use std::time::{Duration, Instant};

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};
use kontor_testkit::{Backend, both_alone};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use super::{Got, Says, Sink, contact, delivery, endpoint, quick};

both_alone!(deliveries_are_verified, two_secrets_sign_while_one_takes_over, a_secret_is_nowhere_in_plain);

pub fn verifies(secret: &str, got: &Got) -> bool {
    let headers: HeaderMap = got
        .headers
        .iter()
        .filter_map(|(name, value)| Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?)))
        .collect();
    Webhook::new(secret).expect("a secret").verify(got.body.as_bytes(), &headers).is_ok()
}

async fn deliveries_are_verified(backend: Backend) {
    let server = quick(backend).start().await;
    let api = server.api();
    let sink = Sink::saying(&[Says::Status(500, ""), Says::Status(500, ""), Says::Status(200, "")]).await;
    let (id, secret) = endpoint(&api, &sink.url, json!({"event_types": ["kontor.contact.*"]})).await;
    assert!(secret.starts_with("whsec_"));
    let contact = contact(&api).await;
    let got = sink.wait(3).await;
    assert!(got.iter().all(|one| verifies(&secret, one)), "{got:?}");
    let mut forged = got[0].clone();
    forged.body = forged.body.replace("kontor.contact.created", "kontor.contact.deleted");
    assert!(!verifies(&secret, &forged));
    let first = got[0].header("webhook-id");
    assert!(
        first.starts_with("msg_") && got.iter().all(|one| one.header("webhook-id") == first),
        "one id for all tries"
    );
    assert!(got[0].header("content-type").starts_with("application/cloudevents+json"));
    let event = got[2].json();
    assert_eq!(
        (&event["specversion"], &event["type"], &event["subject"]),
        (&json!("1.0"), &json!("kontor.contact.created"), &json!(format!("contacts/{contact}")))
    );
    let logged = api.get(&format!("/v1/events?subject=contacts/{contact}")).await.expect(200);
    assert_eq!(event, logged.rows()[0], "as in the log");

    let done = delivery(&api, &id, "delivered").await;
    assert_eq!((&done["id"], &done["attempts"], &done["response_status"]), (&json!(first), &json!(3), &json!(200)));
    assert_eq!(done["request"], event);
    let log: Vec<&Value> = done["attempt_log"].as_array().unwrap().iter().map(|a| &a["response"]["status"]).collect();
    assert_eq!(log, [&json!(200), &json!(500), &json!(500)]);
    assert!(done["attempt_log"][1]["error"].as_str().unwrap().contains("500"));
}

async fn two_secrets_sign_while_one_takes_over(backend: Backend) {
    let server = quick(backend).start().await;
    let api = server.api();
    let sink = Sink::accepting().await;
    let (id, old) = endpoint(&api, &sink.url, json!({"event_types": ["kontor.contact.created"]})).await;
    let path = format!("/v1/webhook_endpoints/{id}/rotate_secret");
    let rotated = api.request("POST", &path).header("idempotency-key", "k1").json(&json!({})).send().await.expect(200);
    let new = rotated.data()["secret"].as_str().unwrap().to_owned();
    assert!(new != old && rotated.data()["previous_valid_until"].is_string());
    let replayed = api.request("POST", &path).header("idempotency-key", "k1").json(&json!({})).send().await.expect(200);
    assert!(replayed.data()["secret"].is_null(), "a secret is shown once: {replayed}");
    contact(&api).await;
    let got = sink.wait(1).await;
    assert_eq!(got[0].header("webhook-signature").split(' ').count(), 2);
    assert!(verifies(&old, &got[0]) && verifies(&new, &got[0]));
    // The old one's day is over; what the server is not told of it sees when it looks around.
    server.place().sql("UPDATE webhook_state SET previous_until = 1");
    let begun = Instant::now();
    for count in 2.. {
        contact(&api).await;
        let got = sink.wait(count).await;
        let last = &got[count - 1];
        assert!(verifies(&new, last));
        if !verifies(&old, last) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "the old secret signs for ever");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let _ = api.post("/v1/webhook_endpoints/4242/rotate_secret", json!({})).await.refused(404_001);
}

async fn a_secret_is_nowhere_in_plain(backend: Backend) {
    let server = quick(backend).start().await;
    let api = server.api();
    let sink = Sink::accepting().await;
    let body = json!({"url": sink.url, "version": "v2"});
    let request = || api.request("POST", "/v1/webhook_endpoints").header("idempotency-key", "once").json(&body);
    let made = request().send().await.expect(201);
    let secret = made.data()["secret"].as_str().unwrap().to_owned();
    assert_eq!(made.data()["api_version"], "v2");
    let again = request().send().await.expect(201);
    assert_eq!((again.id(), &again.data()["secret"]), (made.id(), &json!(null)), "made once, shown once");
    let bare = secret.strip_prefix("whsec_").unwrap();
    let seen = api.get(&format!("/v1/webhook_endpoints/{}", made.id())).await.expect(200).text();
    let history = api.get(&format!("/v1/webhook_endpoints/{}/history", made.id())).await.expect(200).text();
    let rows = server.place().texts("SELECT secret FROM webhook_state");
    let kept = match backend {
        Backend::Sqlite => server.place().texts("SELECT CAST(body AS TEXT) FROM idempotency"),
        Backend::Postgres => server.place().texts("SELECT encode(body, 'escape') FROM idempotency"),
    };
    assert!(rows.len() == 1 && !kept.is_empty(), "{rows:?} {kept:?}");
    let places = [seen, history, rows.concat(), kept.concat(), server.log()];
    assert!(places.iter().all(|place| !place.contains(bare)));
}
