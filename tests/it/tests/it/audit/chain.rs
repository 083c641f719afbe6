//! The chain: whatever is done to the rows past the product shows.

use kontor_testkit::{Backend, Server, both_alone};
use serde_json::{Value, json};

use super::{sealed, verify};

both_alone!(
    a_sound_chain_is_verified,
    what_is_done_past_the_product_shows,
    a_chain_that_was_cut_off_shows_by_its_head,
    a_chain_of_another_master_key_is_not_believed,
    a_purged_record_does_not_break_the_chain
);

async fn server(backend: Backend, contacts: usize) -> (Server, Vec<String>) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let mut ids = Vec::new();
    for n in 0..contacts {
        ids.push(api.create("/v1/contacts", json!({"last_name": format!("Roe {n}")})).await);
    }
    sealed(&api).await;
    (server, ids)
}

async fn a_sound_chain_is_verified(backend: Backend) {
    let (server, _) = server(backend, 3).await;
    let api = server.api();
    let state = api.get("/v1/audit/verify").await.expect(200);
    assert!(state.data()["head"]["sequence"].as_i64().unwrap() >= 1, "{state}");
    assert_eq!(state.data()["last_verification"], Value::Null);
    let (held, said) = verify(&server, &[]);
    assert!(held && said.contains("ok ") && said.contains("unsealed tail: 0"), "{said}");
    let state = api.get("/v1/audit/verify").await.expect(200);
    assert_eq!(state.data()["last_verification"]["ok"], true);
    assert!(state.data()["last_verification"]["entries"].as_i64().unwrap() >= 3, "{state}");
    let (held, said) = verify(&server, &["--space", "nowhere"]);
    assert!(!held && said.contains("there is no space"), "{said}");
}

async fn what_is_done_past_the_product_shows(backend: Backend) {
    let (server, contacts) = server(backend, 4).await;
    let api = server.api();
    let rows = api.post("/v1/audit/export", json!({"object": "contact"})).await.expect(200).text();
    let rows: Vec<Value> = rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 4);
    let id = |n: usize| rows[n]["id"].as_str().unwrap();
    sealed(&api).await;
    // (what is done, how it is undone, what must be said)
    let cases = [
        (
            format!("UPDATE audit SET user_id = 5 WHERE id = {}", id(0)),
            format!("UPDATE audit SET user_id = {} WHERE id = {}", rows[0]["user_id"].as_str().unwrap(), id(0)),
            format!("entry {}: the entry was changed", id(0)),
        ),
        (
            format!("UPDATE audit SET object = 'lead' WHERE id = {}", id(1)),
            format!("UPDATE audit SET object = 'contact' WHERE id = {}", id(1)),
            format!("entry {}: the entry was changed", id(1)),
        ),
        (
            format!("UPDATE audit SET ip = '10.0.0.1' WHERE id = {}", id(2)),
            format!("UPDATE audit SET ip = '127.0.0.1' WHERE id = {}", id(2)),
            format!("entry {}: the entry was changed", id(2)),
        ),
        (
            format!("UPDATE audit SET id = 77 WHERE id = {}", id(3)),
            format!("UPDATE audit SET id = {} WHERE id = 77", id(3)),
            format!("entry {}: the entry is missing", id(3)),
        ),
        (
            "UPDATE audit_seal SET sealed_at = sealed_at + 1 WHERE id = 1 AND space <> 0".to_owned(),
            "UPDATE audit_seal SET sealed_at = sealed_at - 1 WHERE id = 1 AND space <> 0".to_owned(),
            "seal 1: the seal was changed".to_owned(),
        ),
        (
            "UPDATE audit_seal SET id = 1000 WHERE id = 1 AND space <> 0".to_owned(),
            "UPDATE audit_seal SET id = 1 WHERE id = 1000 AND space <> 0".to_owned(),
            "seal 1: the seal is missing".to_owned(),
        ),
    ];
    for (done, undone, said) in cases {
        server.place().sql(&done);
        let (held, words) = verify(&server, &[]);
        assert!(!held && words.contains(&said), "{done}: {words}");
        server.place().sql(&undone);
        let (held, words) = verify(&server, &[]);
        assert!(held, "{undone}: {words}");
    }
    // What the server says of it afterwards.
    server.place().sql(&format!("UPDATE audit SET version = 9 WHERE record_id = {}", contacts[0]));
    let _ = verify(&server, &[]);
    let state = api.get("/v1/audit/verify").await.expect(200);
    assert_eq!(state.data()["last_verification"]["ok"], false);
    assert!(state.data()["last_verification"]["fault"].as_str().unwrap().contains("was changed"), "{state}");
}

async fn a_chain_that_was_cut_off_shows_by_its_head(backend: Backend) {
    let (mut server, _) = server(backend, 2).await;
    let head = server.place().root().join("head.ndjson");
    let head = head.to_str().unwrap();
    assert!(verify(&server, &["--head", head]).0);
    let api = server.api();
    let _ = api.create("/v1/contacts", json!({"last_name": "Late"})).await;
    sealed(&api).await;
    assert!(verify(&server, &["--head", head]).0, "a chain that has grown still has the head");
    // Nobody may seal again what is cut off now.
    let _ = server.terminate().await;
    let newest = "(SELECT MAX(s.id) FROM audit_seal s WHERE s.space = audit_seal.space)";
    server.place().sql(&format!("DELETE FROM audit_seal WHERE space <> 0 AND id = {newest}"));
    let (held, said) = verify(&server, &[]);
    assert!(held && !said.contains("unsealed tail: 0,"), "{said}");
    let (held, said) = verify(&server, &["--head", head]);
    assert!(!held && said.contains("truncated"), "{said}");
}

async fn a_chain_of_another_master_key_is_not_believed(backend: Backend) {
    let (server, _) = server(backend, 1).await;
    let mut command = server.place().command(&["audit", "verify"]);
    let output = command.env("KONTOR_MASTER_KEY", "ab".repeat(32)).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("the master key that seals are signed under"), "{said}");
    // The file in the data directory and the variable are the same key.
    let key = std::fs::read_to_string(server.place().data().join("master.key")).unwrap();
    let mut command = server.place().command(&["audit", "verify"]);
    assert!(command.env("KONTOR_MASTER_KEY", key.trim()).output().unwrap().status.success());
}

async fn a_purged_record_does_not_break_the_chain(backend: Backend) {
    let (server, contacts) = server(backend, 3).await;
    let api = server.api();
    let path = format!("/v1/contacts/{}", contacts[1]);
    let _ = api.delete(&path).await.expect(200);
    let _ = api.post(&format!("{path}/purge"), json!({})).await.expect(200);
    let (held, said) = verify(&server, &[]);
    assert!(held && said.contains(" 1 redacted"), "{said}");
    sealed(&api).await;
    let (held, said) = verify(&server, &[]);
    assert!(held && said.contains(" 2 redacted"), "{said}");
    // Erasing past the product is none: no entry says so.
    server.place().sql(&format!(
        "UPDATE audit SET changes = NULL, ip = NULL, salt = NULL, redacted_at = 5 WHERE record_id = {}",
        contacts[2]
    ));
    let (held, said) = verify(&server, &[]);
    assert!(!held && said.contains("no purge or erasure says so"), "{said}");
}
