//! Order where it is wanted, and nobody waits for a neighbour.

use kontor_testkit::{Backend, both_alone};
use serde_json::json;

use super::{Says, Sink, contact, endpoint, quick};

both_alone!(a_subject_keeps_its_order, a_slow_endpoint_delays_nobody);

fn version(got: &super::Got) -> (String, i64) {
    let event = got.json();
    (event["subject"].as_str().unwrap().to_owned(), event["data"]["record"]["version"].as_i64().unwrap_or(0))
}

async fn a_subject_keeps_its_order(backend: Backend) {
    let server = quick(backend).start().await;
    let api = server.api();
    let refused = Says::Status(500, "");
    let sink = Sink::saying(&[
        refused.clone(),
        refused.clone(),
        Says::Status(200, ""),
        refused.clone(),
        refused,
        Says::Status(200, ""),
    ])
    .await;
    endpoint(&api, &sink.url, json!({"event_types": ["kontor.contact.*"], "ordered": true})).await;
    let ids = [contact(&api).await, contact(&api).await, contact(&api).await];
    for n in 0..6 {
        for id in &ids {
            let _ = api.patch(&format!("/v1/contacts/{id}"), json!({"title": format!("t{n}")})).await.expect(200);
        }
    }
    // Four of the requests are refused and come again.
    let got = sink.wait(21 + 4).await;
    for id in &ids {
        let subject = format!("contacts/{id}");
        let versions: Vec<i64> = got.iter().map(version).filter(|(of, _)| *of == subject).map(|(_, v)| v).collect();
        assert!(versions.windows(2).all(|two| two[1] == two[0] || two[1] == two[0] + 1), "{versions:?}");
        assert_eq!((versions.first(), versions.last()), (Some(&1), Some(&7)), "{versions:?}");
    }
}

async fn a_slow_endpoint_delays_nobody(backend: Backend) {
    let server = quick(backend).env("KONTOR_WEBHOOKS_TIMEOUT_MS", "30000").start().await;
    let api = server.api();
    let (slow, quick) = (Sink::saying(&[Says::Hangs]).await, Sink::accepting().await);
    let (id, _) = endpoint(&api, &slow.url, json!({"event_types": ["kontor.contact.created"]})).await;
    endpoint(&api, &quick.url, json!({"event_types": ["kontor.contact.created"]})).await;
    for _ in 0..100 {
        contact(&api).await;
    }
    assert_eq!(quick.wait(100).await.len(), 100);
    let waiting = slow.got().len();
    assert!(waiting <= 16, "{waiting} calls at once to one endpoint");
    // What waits for the slow one is in the log and nowhere else.
    let tried = api.get(&format!("/v1/webhook_deliveries?webhook_endpoint_id={id}")).await.expect(200);
    assert!(tried.rows().is_empty(), "{tried}");
}
