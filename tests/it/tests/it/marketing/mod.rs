//! The business of `marketing`: templates, segments, campaigns, leaving, sequences.

mod bounces;
mod campaigns;
mod leaving;
mod segments;
mod sequences;
mod templates;

use std::time::Duration;

use kontor_testkit::{Api, Backend, Server, serial};
use serde_json::{Value, json};

use crate::mail::{self, Inbox};

/// A server whose mail arrives in an inbox.
pub async fn mailing(backend: Backend) -> (Server, Inbox) {
    let (address, inbox) = mail::server(&[]).await;
    let url = format!("smtp://{address}");
    let builder = Server::builder().backend(backend).env("KONTOR_MAIL_SMTP_URL", &url);
    (builder.env("KONTOR_MAIL_FROM", "Kontor <crm@example.com>").start().await, inbox)
}

/// A contact of an address, who has agreed to mail.
pub async fn willing(api: &Api, email: &str) -> String {
    let id = contact(api, json!({"email": email})).await;
    let consent =
        json!({"contact_id": id, "purpose": "marketing", "channel": "email", "given_at": "2026-01-01T00:00:00Z"});
    let _ = api.create("/v1/consents", consent).await;
    id
}

pub async fn contact(api: &Api, more: Value) -> String {
    let mut body = json!({"first_name": "Zoé", "last_name": format!("Roe{}", serial())});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    api.create("/v1/contacts?allow_duplicates=true", body).await
}

/// A template that can be sent.
pub async fn template(api: &Api) -> String {
    let body = json!({"name": "Offer", "subject": "For {{ person.first_name }}",
        "body_text": "Dear {{ person.name }},\nleave: {{ unsubscribe_url }}",
        "body_html": "<p>Dear {{ person.name }}</p><a href=\"{{ unsubscribe_url }}\">leave</a>"});
    api.create("/v1/templates", body).await
}

/// Waits until a record's field has a value.
pub async fn becomes(api: &Api, path: &str, field: &str, value: &str) -> Value {
    let mut last = Value::Null;
    for _ in 0..400 {
        last = api.get(path).await.expect(200).data().clone();
        if last[field] == value {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{path} does not become {value}: {last}");
}

/// Waits until so many mails have come.
pub async fn mails(inbox: &Inbox, count: usize) -> Vec<(String, String)> {
    for _ in 0..600 {
        let taken = inbox.lock().unwrap().clone();
        if taken.len() >= count {
            return taken;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{} mails of {count}", inbox.lock().unwrap().len());
}

/// The members of a campaign by their person.
pub async fn members(api: &Api, campaign: &str) -> Vec<Value> {
    let list =
        api.get(&format!("/v1/campaign_members?filter[campaign_id]={campaign}&limit=500&sort=id")).await.expect(200);
    list.rows().to_vec()
}

/// The path behind `/public/…` in a mail; long lines are folded (RFC 2045, 6.7; RFC 5322, 2.2.3).
pub fn link(mail: &str, page: &str) -> String {
    let text = mail.replace("=\n", "").replace("=3D", "=").replace("\n ", "");
    let at = text.find(&format!("/public/{page}/")).unwrap_or_else(|| panic!("no link to {page}: {text}"));
    text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || "-_/".contains(*c)).collect()
}
