//! The machine's clock is set back by an hour under the running binary.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use kontor_testkit::{Backend, both_alone, unique};
use serde_json::json;

use super::skipped;
use crate::webhooks::{Says, Sink, contact, endpoint, quick, until};

both_alone!(an_hour_back_stops_nothing);

/// A library that moves the clock of the process that it is loaded into; none without a C compiler.
fn shim(folder: &Path) -> Option<PathBuf> {
    let library = folder.join("clock.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/faults/clock.c");
    let built =
        Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).args([source, "-ldl"]).status();
    built.is_ok_and(|status| status.success()).then_some(library)
}

async fn an_hour_back_stops_nothing(backend: Backend) {
    let folder = std::env::temp_dir().join(format!("kontor-it-clock-{}-{}", std::process::id(), backend.name()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let Some(library) = shim(&folder) else { return skipped("an hour back", "no C compiler") };
    let offset = folder.join("offset");
    let set = |seconds: i64| std::fs::write(&offset, seconds.to_string()).expect("the offset");
    set(0);
    let server = quick(backend)
        .env("KONTOR_WEBHOOKS_FIRST_RETRY_MS", "5000")
        .env("LD_PRELOAD", library.to_str().unwrap())
        .env("KONTOR_TEST_CLOCK", offset.to_str().unwrap())
        .start()
        .await;
    let api = server.api();
    let sink = Sink::saying(&[Says::Status(500, "")]).await;
    let (id, _) = endpoint(&api, &sink.url, json!({"event_types": ["kontor.contact.*"]})).await;
    let before = contact(&api).await;
    let refused = async || sink.got().first().cloned();
    let _ = until("the first attempt", refused).await;
    sink.says(Says::Status(200, ""));
    let started = api.post("/v1/exports", json!({"object": "contact", "format": "ndjson"})).await.expect(202);
    let first = api.get(started.header("location")).await.expect(200).data()["created_at"].clone();

    set(-3_600);
    let path = format!("/v1/contacts/{before}");
    let changed = api.patch(&path, json!({"title": "an hour ago"})).await.expect(200);
    assert!(changed.data()["updated_at"].as_str() < first.as_str(), "the clock was set back: {changed}");
    let after = contact(&api).await;
    // Names and numbers go on.
    let number = |id: &str| id.parse::<i64>().unwrap();
    assert_ne!(number(&after), number(&before));
    let subject = |id: &str| format!("contacts/{id}");
    let news = async || {
        let page = api.get(&format!("/v1/events?subject={}", subject(&after))).await.expect(200);
        page.rows().first().cloned()
    };
    let told = until("what happens now is in the log", news).await;
    let old = api.get(&format!("/v1/events?subject={}", subject(&before))).await.expect(200);
    let sequence = |event: &serde_json::Value| event["sequence"].as_str().unwrap().parse::<i64>().unwrap();
    assert!(old.rows().iter().all(|event| sequence(event) <= sequence(&told)), "{old}");
    // So do webhooks, what was to be tried again in five seconds too.
    let arrived = async || {
        let delivered: Vec<String> =
            sink.got().iter().skip(1).map(|got| got.json()["subject"].as_str().unwrap().to_owned()).collect();
        (delivered.contains(&subject(&after)) && delivered.contains(&subject(&before))).then_some(())
    };
    until("webhooks go on", arrived).await;
    let done = async || {
        let path = format!("/v1/webhook_deliveries?webhook_endpoint_id={id}&state=pending");
        api.get(&path).await.expect(200).rows().is_empty().then_some(())
    };
    until("nothing waits for an hour", done).await;
    // Jobs, those from before and new ones.
    let again = api.post("/v1/exports", json!({"object": "contact", "format": "ndjson"})).await.expect(202);
    for job in [&started, &again] {
        let over = async || {
            let job = api.get(job.header("location")).await.expect(200).data().clone();
            (job["state"] == "succeeded").then_some(())
        };
        until("a job ends", over).await;
    }
    // And forward again.
    set(0);
    let last = api.create("/v1/contacts", json!({"last_name": unique("Roe")})).await;
    let arrived = async || sink.got().iter().any(|got| got.json()["subject"] == subject(&last).as_str()).then_some(());
    until("and so does what comes when it is right again", arrived).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(api.get("/readyz").await.status, 200);
    std::fs::remove_dir_all(&folder).expect("the folder");
}
