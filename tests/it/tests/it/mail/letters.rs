//! Letters that leave: in order, signed, one receiver not waiting for another; e-mails that are sent.

use std::time::Duration;

use kontor_testkit::{Api, Backend, Server, both_alone, serial};
use serde_json::{Value, json};

use super::{server, start};

both_alone!(one_receiver_does_not_wait_for_another, mail_is_signed, a_draft_is_sent);

/// A draft to these.
async fn draft(api: &Api, subject: &str, to: &[&str]) -> String {
    let participants: Vec<Value> = to.iter().map(|address| json!({"email": address})).collect();
    let body = json!({"subject": subject, "body": "Hello", "status": "open", "participants": participants});
    format!("/v1/emails/{}", api.create("/v1/emails", body).await)
}

async fn until(api: &Api, path: &str, status: &str) -> Value {
    for _ in 0..900 {
        let record = api.get(path).await.expect(200).data().clone();
        if record["mail_status"] == status {
            return record;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{path} does not come to {status}: {}", api.get(path).await);
}

/// Subjects in the order in which a receiver got them.
fn got(inbox: &super::Inbox, receiver: &str) -> Vec<String> {
    let subject = |text: &str| text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap().to_owned();
    inbox.lock().unwrap().iter().filter(|(to, _)| to == receiver).map(|(_, text)| subject(text)).collect()
}

async fn one_receiver_does_not_wait_for_another(backend: Backend) {
    // The first is refused for now, whoever comes next is not.
    let (server, inbox) = start(backend, &["451 later"]).await;
    let api = server.api();
    let mut sent = Vec::new();
    for n in 0..4 {
        let at = draft(&api, &format!("slow {n}"), &["slow@slow.example"]).await;
        let _ = api.post(&format!("{at}/send"), json!({})).await.expect(200);
        sent.push(at);
    }
    for n in 0..4 {
        let at = draft(&api, &format!("quick {n}"), &["quick@quick.example"]).await;
        let _ = api.post(&format!("{at}/send"), json!({})).await.expect(200);
        sent.push(at);
    }
    for at in &sent {
        until(&api, at, "sent").await;
    }
    for name in ["slow", "quick"] {
        let expected: Vec<String> = (0..4).map(|n| format!("{name} {n}")).collect();
        assert_eq!(got(&inbox, &format!("{name}@{name}.example")), expected);
    }
    let order: Vec<String> = inbox.lock().unwrap().iter().map(|(to, _)| to.clone()).collect();
    assert!(order[0].starts_with("quick"), "who was refused held others up: {order:?}");
}

async fn mail_is_signed(backend: Backend) {
    let key = concat!(
        "-----BEGIN PRIVATE KEY-----\n",
        "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n",
        "-----END PRIVATE KEY-----\n"
    );
    let file = std::env::temp_dir().join(format!("kontor-dkim-{}.pem", serial()));
    std::fs::write(&file, key).unwrap();
    let (address, inbox) = server(&[]).await;
    let started = Server::builder()
        .backend(backend)
        .env("KONTOR_MAIL_SMTP_URL", &format!("smtp://{address}"))
        .env("KONTOR_MAIL_FROM", "Kontor <crm@example.com>")
        .env("KONTOR_MAIL_DKIM_DOMAIN", "example.com")
        .env("KONTOR_MAIL_DKIM_SELECTOR", "k1")
        .env("KONTOR_MAIL_DKIM_KEY_FILE", file.to_str().unwrap())
        .start()
        .await;
    let api = started.api();
    let at = draft(&api, "Signed", &["a@b.example"]).await;
    let _ = api.post(&format!("{at}/send"), json!({})).await.expect(200);
    until(&api, &at, "sent").await;
    let text = inbox.lock().unwrap()[0].1.clone();
    std::fs::remove_file(&file).unwrap();
    assert!(
        text.starts_with("DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com; s=k1;"),
        "{text}"
    );
}

async fn a_draft_is_sent(backend: Backend) {
    let (server, inbox) = start(backend, &["250 ok", "250 ok", "550 nobody here"]).await;
    let api = server.api();
    let contact = api.create("/v1/contacts", json!({"last_name": "Roe", "email": "maria@roe.example"})).await;
    let body = json!({"subject": "Offer", "body": "Grüße", "status": "open",
        "participants": [{"contact_id": contact}, {"email": "Bob@b.example"}, {"user_id": "1"}]});
    let at = format!("/v1/emails/{}", api.create("/v1/emails", body).await);
    let sent = api.post(&format!("{at}/send"), json!({})).await.expect(200);
    assert_eq!((&sent.data()["mail_status"], &sent.data()["direction"]), (&json!("queued"), &json!("outbound")));
    let twice = api.post(&format!("{at}/send"), json!({})).await;
    assert!(twice.status == 422 || twice.data()["mail_status"] == "sent", "{twice}");
    let sent = until(&api, &at, "sent").await;
    assert_eq!((&sent["status"], sent["completed_at"].is_string()), (&json!("done"), true), "{sent}");
    assert_eq!(got(&inbox, "maria@roe.example"), ["Offer"]);
    for _ in 0..200 {
        if !got(&inbox, "bob@b.example").is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(got(&inbox, "bob@b.example"), ["Offer"]);
    let text = inbox.lock().unwrap()[0].1.clone();
    // The answer finds the e-mail again.
    let reference = text.lines().find_map(|line| line.strip_prefix("References: ")).unwrap().to_owned();
    let rest: String = text
        .lines()
        .skip_while(|l| !l.starts_with("References: "))
        .skip(1)
        .take_while(|l| l.starts_with(' '))
        .collect();
    let answer = format!(
        "From: maria@roe.example\nTo: crm@example.com\nSubject: Re: Offer\nMessage-ID: <a1@roe>\nReferences: {reference}{}\n\nYes",
        rest.trim()
    );
    let entry = super::inbound::hand_over(&api, &answer).await.expect(201);
    assert_eq!(entry.data()["outcome"], "email");
    // To one who is not there.
    let at = draft(&api, "Lost", &["nobody@b.example"]).await;
    let _ = api.post(&format!("{at}/send"), json!({})).await.expect(200);
    let failed = until(&api, &at, "failed").await;
    assert_eq!(failed["status"], "open");
    assert!(failed["mail_reason"].as_str().unwrap().contains("nobody here"), "{failed}");
    // And then to another address.
    let _ = api.post(&format!("{at}/send"), json!({"to": "other@b.example"})).await.expect(200);
    until(&api, &at, "sent").await;
    assert_eq!(got(&inbox, "other@b.example"), ["Lost"]);
    let nobody = format!("/v1/emails/{}", api.create("/v1/emails", json!({"subject": "x", "status": "open"})).await);
    let refused = api.post(&format!("{nobody}/send"), json!({})).await.refused(422_000);
    assert!(refused.detail().contains("no_receiver"), "{refused}");
    let done = format!("/v1/emails/{}", api.create("/v1/emails", json!({"subject": "x"})).await);
    let _ = api.post(&format!("{done}/send"), json!({"to": "a@b.example"})).await.refused(422_000);
    let _ =
        api.post(&format!("{nobody}/send"), json!({"to": "a@b.example\r\nBcc: c@d.example"})).await.refused(400_001);
}
