//! The client secret, and what passes by on the way, lies nowhere.

use kontor_testkit::{Backend, both_alone, encode, serial};
use serde_json::json;

use super::fake::SECRET;
use super::{Door, ada, server};
use crate::accounts::secrets::kept;
use crate::oauth::browser::Browser;

both_alone!(the_secret_is_sealed_and_never_shown);

async fn the_secret_is_sealed_and_never_shown(backend: Backend) {
    let mut server = server(backend).await;
    let api = server.api();
    let door = Door::new(&api, json!({})).await;
    let mut browser = Browser::new(&api);
    let asked = door.leave(&mut browser, &[]).await;
    let code = door.fake.approve(&asked, ada(&serial()));
    let answer = [("code", code.as_str()), ("state", asked["state"].as_str()), ("iss", &door.fake.issuer())];
    let _ = door.come_back(&mut browser, &answer).await.expect(303);
    let session = browser.cookie("kontor_session").unwrap().to_owned();
    let secrets = [SECRET.to_owned(), encode(SECRET), code, asked["state"].clone(), asked["nonce"].clone(), session];
    let change = json!({"client_secret": format!("{SECRET}2"), "name": "Acme 2"});
    for reply in [
        api.patch(&door.path(), change).await.expect(200),
        api.post(&format!("{}/test", door.path()), json!({})).await.expect(200),
        api.get(&door.path()).await.expect(200),
        api.get("/v1/identity_providers").await.expect(200),
        api.get("/v1/audit?limit=100").await.expect(200),
        api.get("/v1/request_logs?limit=100").await.expect(200),
    ] {
        for secret in &secrets {
            assert!(!reply.text().contains(secret.as_str()), "{secret}: {reply}");
        }
    }
    server.terminate().await;
    let kept = kept(&server);
    let holds = |secret: &str| kept.windows(secret.len()).any(|window| window == secret.as_bytes());
    assert!(holds("Acme 2"), "the look would find what is there");
    for secret in &secrets {
        assert!(!holds(secret), "{secret} is kept in plain text");
    }
}
