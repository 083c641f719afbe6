//! Providers that are away, slow, or not what they say.

use std::time::Duration;

use kontor_testkit::{Backend, both_alone, serial};
use serde_json::json;

use super::fake::Fake;
use super::{Door, ada, declare, refused, server};
use crate::oauth::browser::Browser;

both_alone!(a_provider_that_is_away_opens_nothing, metadata_are_the_issuers_own, an_inner_address_is_not_called);

async fn a_provider_that_is_away_opens_nothing(backend: Backend) {
    let server = server(backend).await;
    let api = server.api();
    let huge = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{{\"x\": \"{}\"}}", "x".repeat(300_000));
    let moved = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    for (answer, wanted) in [
        ((Duration::ZERO, String::new()), "cannot be reached"),
        ((Duration::from_secs(60), String::new()), "in time"),
        ((Duration::ZERO, huge), "more than"),
        ((Duration::ZERO, moved.to_owned()), "302"),
        ((Duration::ZERO, "HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: close\r\n\r\nx".to_owned()), "not JSON"),
        ((Duration::ZERO, "HTTP/1.1 500 x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned()), "500"),
    ] {
        let door = Door::new(&api, json!({"domains": [format!("{}.example", serial())]})).await;
        door.fake.will(|will| will.instead = Some(answer));
        let mut browser = Browser::new(&api);
        let reply = browser.get(&format!("/oauth/providers/{}/start", door.id)).await;
        let said = refused(&browser, &reply);
        assert!(said.contains(wanted), "{wanted}: {said}");
        let tried = api.post(&format!("{}/test", door.path()), json!({})).await.expect(200);
        assert_eq!((&tried.data()["ok"], &tried.data()["checks"][0]["name"]), (&json!(false), &json!("metadata")));
        // Whoever has a password comes in all the same.
        let _ = browser.get("/sign-in").await.expect(200);
    }
    // Away in the middle.
    let door = Door::new(&api, json!({})).await;
    let mut browser = Browser::new(&api);
    let asked = door.leave(&mut browser, &[]).await;
    let code = door.fake.approve(&asked, ada(&serial()));
    door.fake.will(|will| will.instead = Some((Duration::ZERO, String::new())));
    let answer = [("code", code.as_str()), ("state", asked["state"].as_str()), ("iss", &door.fake.issuer())];
    let reply = door.come_back(&mut browser, &answer).await;
    assert!(refused(&browser, &reply).contains("cannot be reached"));
}

async fn metadata_are_the_issuers_own(backend: Backend) {
    let server = server(backend).await;
    let api = server.api();
    for (more, wanted) in [
        (json!({"issuer": "https://evil.example"}), "another issuer"),
        (json!({"issuer": null}), "another issuer"),
        (json!({"token_endpoint": "http://10.0.0.1/token"}), "token_endpoint"),
        (json!({"token_endpoint": "https://169.254.169.254/"}), "token_endpoint"),
        (json!({"authorization_endpoint": "javascript:alert(1)"}), "authorization_endpoint"),
        (json!({"jwks_uri": null}), "jwks_uri"),
    ] {
        let fake = Fake::new().await;
        fake.will(|will| will.metadata = more.clone());
        let door = Door::to(&api, fake, json!({"domains": [format!("{}.example", serial())]})).await;
        let mut browser = Browser::new(&api);
        let reply = browser.get(&format!("/oauth/providers/{}/start", door.id)).await;
        assert!(refused(&browser, &reply).contains(wanted), "{more}: {reply}");
        let tried = api.post(&format!("{}/test", door.path()), json!({})).await.expect(200);
        assert!(tried.data()["checks"][0]["detail"].as_str().unwrap().contains(wanted), "{tried}");
    }
}

async fn an_inner_address_is_not_called(backend: Backend) {
    // No network is allowed: then this machine's own addresses are no providers.
    let server = kontor_testkit::Server::builder().backend(backend).start().await;
    let api = server.api();
    let fake = Fake::new().await;
    let port = fake.issuer().rsplit(':').next().unwrap().to_owned();
    for issuer in [
        fake.issuer(),
        format!("https://127.0.0.1:{port}"),
        format!("https://2130706433:{port}"),
        format!("https://0x7f.1:{port}"),
        format!("https://[::ffff:127.0.0.1]:{port}"),
        format!("https://user@127.0.0.1:{port}"),
        "https://169.254.169.254".to_owned(),
        "ftp://id.example".to_owned(),
        "https://id.example/".to_owned(),
        "https://id.example?x=1".to_owned(),
        "id.example".to_owned(),
    ] {
        let reply = declare(&api, &fake, json!({"issuer": issuer})).await;
        assert!(reply.status == 400 && reply.fault_codes()[0].0 == "issuer", "{issuer}: {reply}");
    }
    // A name is looked up when it is called.
    let id = declare(&api, &fake, json!({"issuer": format!("https://localhost:{port}")})).await.expect(201).id();
    let tried = api.post(&format!("/v1/identity_providers/{id}/test"), json!({})).await.expect(200);
    assert!(tried.data()["checks"][0]["detail"].as_str().unwrap().contains("cannot be reached"), "{tried}");
    assert_eq!(fake.asked("/.well-known/openid-configuration"), 0);
}
