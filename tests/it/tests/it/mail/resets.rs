//! A forgotten password.

use std::time::Duration;

use kontor_testkit::{Backend, both_alone};
use serde_json::json;

use super::{Inbox, start, token};
use crate::accounts::person::{PASSWORD, Person, redeem, sign_in};

both_alone!(a_forgotten_password_is_replaced);

const NEW: &str = "Anderes-Passwort-4711-Ufer";

/// The next mail to someone about a new password.
async fn mailed(inbox: &Inbox, to: &str) -> String {
    for _ in 0..1_200 {
        let found = inbox
            .lock()
            .unwrap()
            .iter()
            .find(|(receiver, text)| receiver == to && text.contains("new password"))
            .cloned();
        if let Some((_, text)) = found {
            return text;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no mail came to {to}");
}

async fn a_forgotten_password_is_replaced(backend: Backend) {
    let (server, inbox) = start(backend, &[]).await;
    let api = server.api();
    let ada = Person::new(&api, "member").await;
    let ask = |email: &str| {
        let (api, body) = (api.anonymous(), json!({"email": email}));
        async move { api.post("/v1/password_resets", body).await }
    };
    let known = ask(&ada.email).await.expect(202);
    let unknown = ask("nobody@example.com").await.expect(202);
    assert_eq!(known.data(), unknown.data());
    let text = mailed(&inbox, &ada.email).await;
    // Where the link leads is the server's to say, and nobody sees it but its reader.
    assert!(text.contains(server.url()), "{text}");
    let token = token(&text);
    let listed = api.get("/v1/outbox").await.expect(200);
    assert!(listed.rows().iter().all(|message| message["purpose"] == "invitation"), "{listed}");
    let hidden = server.place().texts("SELECT id FROM outbox WHERE purpose = 'password_reset'").remove(0);
    let _ = api.get(&format!("/v1/outbox/{hidden}")).await.refused(404_001);
    let _ = api.post(&format!("/v1/outbox/{hidden}/send"), json!({})).await.refused(404_001);
    // Once, and the old one is dead.
    let _ = redeem(&api, &token, NEW).await.expect(200);
    let _ = redeem(&api, &token, PASSWORD).await.refused(401_001);
    let _ = sign_in(&api, &ada.email, PASSWORD).await.refused(401_001);
    let _ = sign_in(&api, &ada.email, NEW).await.expect(200);
    assert!(!inbox.lock().unwrap().iter().any(|(receiver, _)| receiver == "nobody@example.com"));
    // Too many are told to wait, whoever they are about.
    for email in [ada.email.as_str(), "nobody@example.com"] {
        let mut refused = 0;
        for _ in 0..8 {
            let reply = ask(email).await;
            assert!(matches!(reply.status, 202 | 429), "{reply}");
            refused += u32::from(reply.status == 429);
        }
        assert!(refused > 0, "{email}");
    }
    let _ = ask("nobody").await.refused(400_001);
}
