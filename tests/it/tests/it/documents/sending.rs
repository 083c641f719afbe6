//! `POST /v1/{invoices,credit_notes}/{id}/send`

use kontor_testkit::{Api, Backend, Server, both_alone};
use serde_json::{Value, json};

use super::{customer, draft, finalized, firm};
use crate::mail::server as mail_server;

both_alone!(an_invoice_is_mailed_with_its_papers, who_has_no_address_is_not_written_to);

/// The messages about this purpose, oldest first, once there are `count`.
pub(super) async fn letters(api: &Api, purpose: &str, count: usize) -> Vec<Value> {
    for _ in 0..400 {
        let all = api.get("/v1/outbox?limit=100").await.expect(200);
        let own: Vec<Value> = all.rows().iter().filter(|row| row["purpose"] == purpose).cloned().collect();
        if own.len() >= count && own.iter().all(|row| row["state"] != "queued") {
            return own.into_iter().rev().collect();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no {count} letters of {purpose}");
}

async fn an_invoice_is_mailed_with_its_papers(backend: Backend) {
    let (address, inbox) = mail_server(&[]).await;
    let url = format!("smtp://{address}");
    let server = Server::builder().backend(backend).env("KONTOR_MAIL_SMTP_URL", &url).start().await;
    let api = server.api();
    let _ = firm(&api).await;
    let buyer = customer(&api, json!({})).await;
    let invoice = finalized(&api, &buyer).await;
    let sent = api.post(&format!("{invoice}/send"), json!({})).await.expect(200);
    assert!(sent.data()["sent_at"].is_string() && sent.data()["status"] == "open", "{sent}");
    let _ = letters(&api, "invoice", 1).await;
    let (receiver, text) = inbox.lock().unwrap().last().cloned().unwrap();
    assert_eq!(receiver, "einkauf@sued.example");
    for part in
        ["Rechnung-2026-00001.pdf", "Rechnung-2026-00001.xml", "application/pdf", "Nord GmbH", "rechnung@nord.example"]
    {
        assert!(text.contains(part), "no {part} in {}", text.chars().take(3_000).collect::<String>());
    }
    // Again, to another, with other words; also when it is paid.
    let _ = api.post(&format!("{invoice}/pay"), json!({"amount": "963.87", "method": "cash"})).await.expect(201);
    let again = json!({"to": "books@sued.example", "message": "Here it is once more."});
    let _ = api.post(&format!("{invoice}/send"), again).await.expect(200);
    let _ = letters(&api, "invoice", 2).await;
    let (receiver, text) = inbox.lock().unwrap().last().cloned().unwrap();
    assert!(receiver == "books@sued.example" && text.contains("once more"), "{receiver}");
    let note = api.post(&format!("{invoice}/credit"), json!({"reason": "came back"})).await.expect(201);
    let _ = api.post(&format!("/v1/credit_notes/{}/send", note.id()), json!({})).await.expect(200);
    let _ = letters(&api, "credit_note", 1).await;
    assert!(inbox.lock().unwrap().last().unwrap().1.contains("Gutschrift-CN-2026-00001.pdf"));
    let done = api.get(&format!("{invoice}/history")).await.expect(200).texts("action");
    assert_eq!(done.iter().filter(|action| *action == "send").count(), 2, "{done:?}");
}

async fn who_has_no_address_is_not_written_to(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let buyer = customer(&api, json!({"email": null})).await;
    let invoice = draft(&api, &buyer).await;
    let refused = api.post(&format!("{invoice}/send"), json!({"to": "a@b.example"})).await.refused(422_000);
    assert!(refused.detail().starts_with("invoice_draft: "), "{refused}");
    let _ = api.post(&format!("{invoice}/finalize"), json!({})).await.expect(200);
    let refused = api.post(&format!("{invoice}/send"), json!({"to": "a@b.example"})).await.refused(422_000);
    assert!(refused.detail().starts_with("legal_entity_missing: "), "{refused}");
    let _ = firm(&api).await;
    let refused = api.post(&format!("{invoice}/send"), json!({})).await.refused(422_000);
    assert!(refused.detail().starts_with("no_address: "), "{refused}");
    let _ = api.post(&format!("{invoice}/send"), json!({"to": "nobody"})).await.refused(400_001);
    let _ = api.post(&format!("{invoice}/void"), json!({"reason": "wrong"})).await.expect(200);
    let refused = api.post(&format!("{invoice}/send"), json!({"to": "a@b.example"})).await.refused(422_000);
    assert!(refused.detail().starts_with("invoice_void: "), "{refused}");
    let before = api.get("/v1/outbox").await.expect(200);
    assert!(before.rows().iter().all(|row| row["purpose"] != "invoice"), "{before}");
}
