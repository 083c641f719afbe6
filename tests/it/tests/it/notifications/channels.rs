//! E-mail and chat: what goes out, when, and what becomes of it where nobody answers.

use kontor_testkit::{Api, Backend, Server, both_alone, unique};
use serde_json::{Value, json};

use super::{of, task};
use crate::mail;
use crate::permissions::{acting, user};
use crate::webhooks::{Says, Sink, quick, until};

both_alone!(mail_brings_what_is_wanted, a_chat_is_told_and_tried_again, quiet_hours_and_digests_wait);

async fn prefers(api: &Api, user: &str, preference: Value) {
    let _ = acting(api, user, "member").post("/v1/channel_preferences", preference).await.expect(201);
}

async fn mail_brings_what_is_wanted(backend: Backend) {
    let (address, inbox) = mail::server(&[]).await;
    let url = format!("smtp://{address}");
    let server = Server::builder().backend(backend).env("KONTOR_MAIL_SMTP_URL", &url).start().await;
    let api = server.api();
    let address = format!("{}@example.com", kontor_testkit::serial());
    let me = api.create("/v1/users", json!({"name": unique("User"), "email": address})).await;
    prefers(&api, &me, json!({"channel": "email", "event_type": "kontor.task.*"})).await;
    prefers(&api, &me, json!({"channel": "email", "event_type": "kontor.call.created", "enabled": false})).await;
    let subject = unique("Sign");
    let _ = api.create("/v1/calls", json!({"subject": unique("Ring"), "assignee_id": me})).await;
    let _ = api.create("/v1/tasks", json!({"subject": subject, "assignee_id": me})).await;
    let mine = || {
        let all = inbox.lock().unwrap().clone();
        all.into_iter().filter(|(to, _)| to.contains(&address)).map(|(_, text)| text).collect::<Vec<_>>()
    };
    let letters = until("a letter", async || Some(mine()).filter(|all| !all.is_empty())).await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].contains(&subject), "{letters:?}");
    let news = of(&api, &me, 2).await;
    let sent = until("what was sent", async || {
        let told = of(&api, &me, 2).await.into_iter().find(|one| one["event_type"] == "kontor.task.created");
        told.filter(|one| one["sent_at"].is_string())
    })
    .await;
    assert_eq!((&sent["channels"], &sent["email_due_at"]), (&json!(["email"]), &json!(null)));
    assert_eq!(news[0]["channels"], json!(null), "the closer preference counts: {news:?}");
    assert_eq!(mine().len(), 1);
}

async fn a_chat_is_told_and_tried_again(backend: Backend) {
    let server = quick(backend).start().await;
    let api = server.api();
    let sink = Sink::saying(&[Says::Status(200, "")]).await;
    let me = user(&api, None).await;
    prefers(&api, &me, json!({"channel": "chat", "address": sink.url})).await;
    let _ = task(&api, &me).await;
    let got = sink.wait(1).await;
    assert!(got[0].json()["text"].as_str().unwrap().starts_with("You have the task"), "{got:?}");
    let told = until("told", async || of(&api, &me, 1).await.into_iter().find(|one| one["sent_at"].is_string())).await;
    assert_eq!(
        (&told["channels"], &told["chat_due_at"], &told["problem"]),
        (&json!(["chat"]), &json!(null), &json!(null))
    );
    sink.says(Says::Status(500, ""));
    let _ = task(&api, &me).await;
    let later =
        until("a problem", async || of(&api, &me, 2).await.into_iter().find(|one| one["problem"].is_string())).await;
    assert_eq!(later["problem"], "the chat answered 500");
    assert!(later["chat_due_at"].is_string(), "it is tried again later: {later}");
}

async fn quiet_hours_and_digests_wait(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let me = user(&api, None).await;
    let hour = |n: i64| format!("{:02}:00", (24 + n).rem_euclid(24));
    let now = kontor_model::Clock::now_ms(&kontor_model::SystemClock) / 3_600_000 % 24;
    let _ = api.patch(&format!("/v1/users/{me}"), json!({"time_zone": "UTC"})).await.expect(200);
    prefers(
        &api,
        &me,
        json!({"channel": "email", "event_type": "kontor.task.*", "quiet_from": hour(now - 1), "quiet_until": hour(now + 3)}),
    )
    .await;
    prefers(&api, &me, json!({"channel": "email", "event_type": "kontor.call.*", "digest": "daily"})).await;
    prefers(&api, &me, json!({"channel": "in_app", "event_type": "kontor.call.*", "enabled": false})).await;
    let _ = task(&api, &me).await;
    let _ = api.create("/v1/calls", json!({"subject": unique("Ring"), "assignee_id": me})).await;
    let news = of(&api, &me, 2).await;
    assert!(news[0]["email_due_at"].as_str().unwrap().ends_with(&format!("T{}:00.000Z", hour(now + 3))), "{news:?}");
    assert!(news[1]["email_due_at"].as_str().unwrap().ends_with("T08:00:00.000Z"), "{news:?}");
    assert!(news[0]["read_at"].is_null() && news[1]["read_at"].is_string(), "{news:?}");
}
