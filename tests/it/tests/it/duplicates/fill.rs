//! Records that were there before there were keys.

use std::time::{Duration, Instant};

use kontor_testkit::{Backend, Server, both_alone};
use serde_json::json;

use super::{make, person};

both_alone!(records_without_keys_get_them);

async fn records_without_keys_get_them(backend: Backend) {
    let server = Server::builder().backend(backend).env("KONTOR_SWEEPS_EVERY_SECONDS", "1").start().await;
    let api = server.api();
    let body = person();
    let operations = (0..600).map(|n| json!({"op": "create", "data": {"last_name": format!("Roe {n}")}}));
    let made = json!({"atomic": true, "operations": operations.collect::<Vec<_>>()});
    let _ = api.post("/v1/contacts/batch", made).await.expect(200);
    let id = make(&api, "contacts", body.clone()).await;
    let gone = make(&api, "contacts", person()).await;
    let _ = api.delete(&format!("/v1/contacts/{gone}")).await.expect(200);
    let filled = || api.place().texts(&format!("SELECT count(*) FROM match_state WHERE last = {}", i64::MAX)).concat();
    let count = || api.place().texts("SELECT count(*) FROM match_key WHERE space <> 0").concat();
    // Nobody is at it any more.
    until("the keys are complete", || filled() == "4").await;
    let keys = count();
    // As a database of an earlier release is.
    server.place().sql("DELETE FROM match_key");
    server.place().sql("DELETE FROM match_state");
    until("no key is missing", || count() == keys).await;
    let reply = api.post("/v1/contacts", body).await.refused(409_002);
    assert_eq!(reply.json["existing_ids"], json!([id]));
}

async fn until(what: &str, so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "not yet: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
