//! Invitations by mail.

use kontor_testkit::{Backend, Server, both_alone};
use serde_json::json;

use super::{comes_to, start, token};
use crate::accounts::person::{PASSWORD, redeem, user};

both_alone!(an_invitation_is_mailed, a_server_that_is_not_well, without_a_server_mail_is_held);

async fn an_invitation_is_mailed(backend: Backend) {
    let (server, inbox) = start(backend, &[]).await;
    let api = server.api();
    let id = api.create("/v1/users", json!({"name": "Ada <b>Lovelace</b>", "email": "ada@example.com"})).await;
    let invited = api.post(&format!("/v1/users/{id}/invite"), json!({})).await.expect(201);
    assert_eq!(invited.data()["mail"]["state"], "queued", "{invited}");
    let message = format!("/v1/outbox/{}", invited.data()["mail"]["message_id"].as_str().unwrap());
    let sent = comes_to(&api, &message, "sent").await;
    assert_eq!((sent["to"].as_str(), sent["purpose"].as_str()), (Some("ada@example.com"), Some("invitation")));
    // What let someone in is not kept.
    assert!(sent["text"].is_null() && sent["html"].is_null() && sent["sent_at"].is_string(), "{sent}");
    let (receiver, text) = inbox.lock().unwrap().first().cloned().unwrap();
    assert_eq!(receiver, "ada@example.com");
    assert!(text.contains("Subject: Your invitation") && text.contains("From: Kontor <crm@example.com>"), "{text}");
    assert!(text.contains("&lt;b&gt;") && !text.to_lowercase().contains("bcc:"), "{text}");
    let token = token(&text);
    assert_eq!(invited.data()["token"], json!(token));
    let dump = server.place().texts("SELECT coalesce(body, '') FROM outbox").join("\n");
    assert!(!dump.contains(&token) && !server.log().contains(&token));
    let _ = redeem(&api, &token, PASSWORD).await.expect(200);
    // It left once.
    let _ = api.post(&format!("{message}/send"), json!({})).await.refused(422_000);
    assert_eq!(inbox.lock().unwrap().len(), 1);
    let listed = api.get("/v1/outbox?state=sent").await.expect(200);
    assert_eq!(listed.ids(), [sent["id"].as_str().unwrap()]);
    assert!(listed.rows()[0].get("text").is_none(), "{listed}");
    let _ = api.get("/v1/outbox?state=lost").await.refused(400_006);
    let _ = api.as_role("sales", &["--scopes", "admin"]).get(&message).await.refused(403_000);
    let _ = api.delete(&message).await.expect(200);
    let _ = api.get(&message).await.refused(404_001);
}

async fn a_server_that_is_not_well(backend: Backend) {
    // Later, then well; and a receiver that is refused for good.
    let (server, inbox) = start(backend, &["451 later", "250 ok", "550 nobody here"]).await;
    let api = server.api();
    let invite = |name: &'static str| {
        let api = api.clone();
        async move {
            let id = user(&api, &format!("{name}@example.com")).await;
            let invited = api.post(&format!("/v1/users/{id}/invite"), json!({})).await.expect(201);
            format!("/v1/outbox/{}", invited.data()["mail"]["message_id"].as_str().unwrap())
        }
    };
    let first = invite("ada").await;
    let sent = comes_to(&api, &first, "sent").await;
    assert_eq!((sent["tries"].as_i64(), inbox.lock().unwrap().len()), (Some(1), 1), "{sent}");
    let second = invite("bob").await;
    let failed = comes_to(&api, &second, "failed").await;
    assert!(failed["reason"].as_str().unwrap().contains("nobody here"), "{failed}");
    // It is sealed where it lies, and can be let out again.
    let shown = failed["text"].as_str().unwrap().to_owned();
    let dump = server.place().texts("SELECT coalesce(body, '') FROM outbox").join("\n");
    assert!(!dump.contains(&token(&shown)) && dump.contains("v1."), "{dump}");
    let _ = api.post(&format!("{second}/send"), json!({})).await.expect(200);
    comes_to(&api, &second, "sent").await;
    assert_eq!(inbox.lock().unwrap().len(), 2);
}

async fn without_a_server_mail_is_held(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let id = user(&api, "ada@example.com").await;
    let invited = api.post(&format!("/v1/users/{id}/invite"), json!({})).await.expect(201);
    assert_eq!(invited.data()["mail"]["state"], "held");
    let message = format!("/v1/outbox/{}", invited.data()["mail"]["message_id"].as_str().unwrap());
    let refused = api.post(&format!("{message}/send"), json!({})).await.refused(422_000);
    assert!(refused.detail().contains("mail.smtp_url"), "{refused}");
    let entries = api.get("/v1/audit?object=outbox").await.expect(200);
    assert_eq!(entries.rows().len(), 0);
    let _ = api.get(&message).await.expect(200);
    assert_eq!(api.get("/v1/audit?object=outbox").await.expect(200).rows()[0]["action"], "read");
}
