//! Nothing that opens anything lies in the database, the log or another answer.

use kontor_testkit::{Backend, Server, both_alone};
use serde_json::json;
use std::path::Path;

use super::person::{PASSWORD, Person, code, invite, user};

both_alone!(secrets_are_kept_as_hashes_or_sealed);

/// Everything in a folder, one file after the other.
fn contents(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => all.append(&mut contents(&path)),
            false => all.append(&mut std::fs::read(&path).unwrap_or_default()),
        }
    }
    all
}

/// Everything that a server has written: its data directory, its log, its database.
pub fn kept(server: &Server) -> Vec<u8> {
    let mut kept = contents(&server.place().data());
    kept.extend_from_slice(server.log().as_bytes());
    if let Some(database) = server.place().database() {
        let dump = std::process::Command::new("pg_dump")
            .arg(format!("--dbname={}", kontor_testkit::postgres_url(database)))
            .output()
            .map(|output| output.stdout)
            .unwrap_or_default();
        assert!(!dump.is_empty(), "pg_dump gives nothing");
        kept.extend_from_slice(&dump);
    }
    kept
}

async fn secrets_are_kept_as_hashes_or_sealed(backend: Backend) {
    let mut server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let ada = Person::new(&api, "admin").await;
    let begun = ada.post("/v1/me/totp", json!({"password": PASSWORD})).await.expect(200);
    let totp = begun.data()["secret"].as_str().unwrap().to_owned();
    let done = ada.post("/v1/me/totp/confirm", json!({"code": code(&totp, 0)})).await.expect(200);
    let recovery = done.data()["recovery_codes"][0].as_str().unwrap().to_owned();
    let key = ada
        .request("POST", "/v1/api_keys")
        .header("idempotency-key", "one")
        .json(&json!({"name": "x"}))
        .send()
        .await
        .expect(201);
    let key = key.data()["key"].as_str().unwrap().to_owned();
    let link = invite(&api, &user(&api, "bob@example.com").await, "member").await;
    let session = ada.cookie.split('=').nth(1).unwrap().to_owned();
    let _ = api.with_key(&key).get("/v1/contacts?limit=1").await.expect(200);
    for path in ["/v1/me", "/v1/me/sessions", "/v1/api_keys"] {
        let reply = ada.get(path).await.expect(200);
        for secret in [PASSWORD, &totp, &recovery, &key, &link, &session] {
            assert!(!reply.text().contains(secret), "{reply}");
        }
    }
    server.terminate().await;
    let raw = data_encoding::BASE32_NOPAD.decode(totp.as_bytes()).unwrap();
    let kept = kept(&server);
    let holds = |secret: &[u8]| kept.windows(secret.len()).any(|window| window == secret);
    assert!(holds(ada.email.as_bytes()), "the look would find what is there");
    let plain = recovery.replace('-', "");
    for secret in [PASSWORD, &totp, &recovery, &plain, &key, &link, &session] {
        assert!(!holds(secret.as_bytes()), "{}… is kept in plain text", &secret[..4]);
    }
    assert!(!holds(&raw), "the secret of the app is kept in plain text");
}
