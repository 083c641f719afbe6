//! Receivers that misbehave, addresses that must not be called, and a process that is killed.

use std::collections::HashSet;

use kontor_testkit::{Backend, Server, both_alone};
use serde_json::{Value, json};

use super::{Says, Sink, contact, delivery, endpoint, quick, until};
use crate::faults::rounds;

both_alone!(
    whatever_a_receiver_does_is_an_attempt,
    a_flood_is_cut,
    an_endpoint_says_when_to_come_again,
    what_waits_is_sent_as_soon_as_an_endpoint_accepts_again,
    nothing_inside_is_called,
    a_kill_loses_no_message
);

async fn whatever_a_receiver_does_is_an_attempt(backend: Backend) {
    let server = quick(backend).env("KONTOR_WEBHOOKS_TIMEOUT_MS", "300").start().await;
    let api = server.api();
    let sink = Sink::saying(&[
        Says::Hangs,
        Says::Closes,
        Says::Status(302, "location: http://169.254.169.254/latest/meta-data\r\n"),
        Says::Status(200, ""),
    ])
    .await;
    let (id, _) = endpoint(&api, &sink.url, json!({"event_types": ["kontor.contact.created"]})).await;
    contact(&api).await;
    let done = delivery(&api, &id, "delivered").await;
    let errors: Vec<&str> =
        done["attempt_log"].as_array().unwrap().iter().map(|a| a["error"].as_str().unwrap_or("")).collect();
    assert_eq!(errors.len(), 4);
    assert!(errors[0].is_empty() && errors[1].contains("redirects are not followed"), "{errors:?}");
    assert!(errors[2].contains("cannot be reached") && errors[3].contains("in time"), "{errors:?}");
    assert_eq!(sink.got().len(), 4);
}

async fn a_flood_is_cut(backend: Backend) {
    let server = quick(backend).env("KONTOR_WEBHOOKS_TIMEOUT_MS", "20000").start().await;
    let api = server.api();
    let sink = Sink::saying(&[Says::Floods]).await;
    let (id, _) = endpoint(&api, &sink.url, json!({"event_types": ["kontor.contact.created"]})).await;
    contact(&api).await;
    let done = delivery(&api, &id, "delivered").await;
    assert_eq!((&done["attempts"], &done["response_status"]), (&json!(1), &json!(200)));
    assert_eq!(done["attempt_log"][0]["response"]["body"].as_str().unwrap().len(), 64 << 10);
}

async fn an_endpoint_says_when_to_come_again(backend: Backend) {
    let server = quick(backend).start().await;
    let api = server.api();
    let sink = Sink::saying(&[Says::Status(429, "retry-after: 3600\r\n")]).await;
    let (id, _) = endpoint(&api, &sink.url, json!({"event_types": ["kontor.contact.created"]})).await;
    contact(&api).await;
    let tried = async || {
        let page = api.get(&format!("/v1/webhook_deliveries?webhook_endpoint_id={id}")).await.expect(200);
        page.rows().first().filter(|row| row["attempts"] == 1).cloned()
    };
    let waits: Value = until("an attempt", tried).await;
    let moment = |name: &str| kontor_model::time::parse_datetime(waits[name].as_str().unwrap()).unwrap();
    assert!(moment("next_attempt_at") - moment("created_at") >= 3_600_000, "{waits}");
}

/// Its second pause is longer than anybody waits here.
async fn what_waits_is_sent_as_soon_as_an_endpoint_accepts_again(backend: Backend) {
    let server = quick(backend).env("KONTOR_WEBHOOKS_FIRST_RETRY_MS", "2500").start().await;
    let api = server.api();
    let sink = Sink::saying(&[Says::Status(429, "retry-after: 3600\r\n"), Says::Status(503, "")]).await;
    let types = json!({"event_types": ["kontor.contact.*"], "ordered": true});
    let (id, _) = endpoint(&api, &sink.url, types).await;
    let deliveries = async |state: &str| {
        let path = format!("/v1/webhook_deliveries?webhook_endpoint_id={id}&state={state}&limit=100");
        api.get(&path).await.expect(200).rows().to_vec()
    };
    contact(&api).await;
    until("a first attempt", async || deliveries("pending").await.pop()).await;
    // More than open its circuit, and one of them has a second message, which queues behind.
    let mut last = String::new();
    for _ in 0..12 {
        last = contact(&api).await;
    }
    let _ = api.patch(&format!("/v1/contacts/{last}"), json!({"title": "Dr"})).await.expect(200);
    let twice = async || deliveries("pending").await.into_iter().find(|row| row["attempts"] == 2);
    until("a second attempt", twice).await;
    sink.says(Says::Status(200, ""));
    until("all but one", async || Some(deliveries("delivered").await).filter(|rows| rows.len() == 13)).await;
    // What asked for an hour has it.
    let waits = deliveries("pending").await;
    assert_eq!((waits.len(), &waits[0]["attempts"]), (1, &json!(1)), "{waits:?}");
}

/// Nothing is open to the calls of this server but the public internet.
async fn nothing_inside_is_called(backend: Backend) {
    let server = Server::builder().backend(backend).env("KONTOR_WEBHOOKS_FIRST_RETRY_MS", "20").start().await;
    let api = server.api();
    let sink = Sink::accepting().await;
    let port = sink.url.rsplit(':').next().unwrap().to_owned();
    for url in [
        sink.url.clone(),
        format!("https://localhost:{port}"),
        format!("http://localhost:{port}"),
        format!("https://[::1]:{port}"),
        format!("https://[::ffff:127.0.0.1]:{port}"),
        format!("https://2130706433:{port}"),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "https://10.0.0.1/x".to_owned(),
    ] {
        let (id, _) = endpoint(&api, &url, json!({"event_types": ["kontor.none"]})).await;
        let sent = api.post(&format!("/v1/webhook_endpoints/{id}/test"), json!({})).await.expect(202);
        let location = sent.header("location").to_owned();
        let tried = async || Some(api.get(&location).await.expect(200)).filter(|reply| reply.data()["attempts"] != 0);
        let tried = until(&format!("an attempt at {url}"), tried).await;
        assert_eq!(tried.data()["error"], "the address cannot be reached", "{tried}");
        let _ = api.delete(&format!("/v1/webhook_endpoints/{id}")).await.expect(200);
    }
    assert!(sink.got().is_empty(), "{:?}", sink.got());
}

/// Killed while it delivers: every message arrives, some perhaps twice with the same id.
async fn a_kill_loses_no_message(backend: Backend) {
    let mut server = quick(backend).start().await;
    let sink = Sink::saying(&[Says::Slowly(5)]).await;
    endpoint(&server.api(), &sink.url, json!({"event_types": ["kontor.contact.created"]})).await;
    let mut made = HashSet::new();
    for _ in 0..rounds(5, 200) {
        for _ in 0..20 {
            made.insert(format!("contacts/{}", contact(&server.api()).await));
        }
        server.kill();
        server = server.restart().await;
    }
    let arrived = async || {
        let got: HashSet<String> =
            sink.got().iter().map(|one| one.json()["subject"].as_str().unwrap().to_owned()).collect();
        made.is_subset(&got).then_some(())
    };
    until("every message arrives", arrived).await;
    let mut ids: Vec<(String, String)> = sink
        .got()
        .iter()
        .map(|one| (one.json()["id"].as_str().unwrap().to_owned(), one.header("webhook-id").to_owned()))
        .collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), made.len(), "one id for each event");
    eprintln!("{} messages, {} of them twice, on {}", ids.len(), all - ids.len(), backend.name());
}
