//! The machine's clock is set back by an hour under the running binary.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use kontor_testkit::{Api, Backend, Builder, both_alone, unique};
use serde_json::json;

use super::skipped;
use crate::mail;
use crate::marketing::contact as person;
use crate::permissions::{acting, user};
use crate::webhooks::{Says, Sink, contact, endpoint, quick, until};

both_alone!(an_hour_back_stops_nothing, what_waits_goes_on_when_the_clock_is_set_back);

/// A library that moves the clock of the process that it is loaded into; none without a C compiler.
fn shim(folder: &Path) -> Option<PathBuf> {
    let library = folder.join("clock.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/faults/clock.c");
    let built =
        Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).args([source, "-ldl"]).status();
    built.is_ok_and(|status| status.success()).then_some(library)
}

/// A clock that can be moved.
struct Moved {
    folder: PathBuf,
    library: PathBuf,
}

impl Moved {
    /// None, named as skipped, without a C compiler.
    fn make(story: &str, backend: Backend) -> Option<Self> {
        let folder =
            std::env::temp_dir().join(format!("kontor-it-clock-{}-{}", kontor_testkit::serial(), backend.name()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let Some(library) = shim(&folder) else {
            skipped(story, "no C compiler");
            return None;
        };
        let clock = Self { folder, library };
        clock.set(0);
        Some(clock)
    }

    /// So many seconds from the machine's.
    fn set(&self, seconds: i64) {
        std::fs::write(self.folder.join("offset"), seconds.to_string()).expect("the offset");
    }

    fn of(&self, builder: Builder) -> Builder {
        let offset = self.folder.join("offset");
        builder.env("LD_PRELOAD", self.library.to_str().unwrap()).env("KONTOR_TEST_CLOCK", offset.to_str().unwrap())
    }
}

impl Drop for Moved {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

async fn an_hour_back_stops_nothing(backend: Backend) {
    let Some(clock) = Moved::make("an hour back", backend) else { return };
    let set = |seconds: i64| clock.set(seconds);
    let server = clock.of(quick(backend)).env("KONTOR_WEBHOOKS_FIRST_RETRY_MS", "5000").start().await;
    let api = server.api();
    let sink = Sink::saying(&[Says::Status(500, "")]).await;
    let (id, _) = endpoint(&api, &sink.url, json!({"event_types": ["kontor.contact.*"]})).await;
    let before = contact(&api).await;
    let refused = async || sink.got().first().cloned();
    let _ = until("the first attempt", refused).await;
    sink.says(Says::Status(200, ""));
    let started = api.post("/v1/exports", json!({"object": "contact", "format": "ndjson"})).await.expect(202);
    let first = api.get(started.header("location")).await.expect(200).data()["created_at"].clone();

    set(-3_600);
    let path = format!("/v1/contacts/{before}");
    let changed = api.patch(&path, json!({"title": "an hour ago"})).await.expect(200);
    assert!(changed.data()["updated_at"].as_str() < first.as_str(), "the clock was set back: {changed}");
    let after = contact(&api).await;
    // Names and numbers go on.
    let number = |id: &str| id.parse::<i64>().unwrap();
    assert_ne!(number(&after), number(&before));
    let subject = |id: &str| format!("contacts/{id}");
    let news = async || {
        let page = api.get(&format!("/v1/events?subject={}", subject(&after))).await.expect(200);
        page.rows().first().cloned()
    };
    let told = until("what happens now is in the log", news).await;
    let old = api.get(&format!("/v1/events?subject={}", subject(&before))).await.expect(200);
    let sequence = |event: &serde_json::Value| event["sequence"].as_str().unwrap().parse::<i64>().unwrap();
    assert!(old.rows().iter().all(|event| sequence(event) <= sequence(&told)), "{old}");
    // So do webhooks, what was to be tried again in five seconds too.
    let arrived = async || {
        let delivered: Vec<String> =
            sink.got().iter().skip(1).map(|got| got.json()["subject"].as_str().unwrap().to_owned()).collect();
        (delivered.contains(&subject(&after)) && delivered.contains(&subject(&before))).then_some(())
    };
    until("webhooks go on", arrived).await;
    let done = async || {
        let path = format!("/v1/webhook_deliveries?webhook_endpoint_id={id}&state=pending");
        api.get(&path).await.expect(200).rows().is_empty().then_some(())
    };
    until("nothing waits for an hour", done).await;
    // Jobs, those from before and new ones.
    let again = api.post("/v1/exports", json!({"object": "contact", "format": "ndjson"})).await.expect(202);
    for job in [&started, &again] {
        let over = async || {
            let job = api.get(job.header("location")).await.expect(200).data().clone();
            (job["state"] == "succeeded").then_some(())
        };
        until("a job ends", over).await;
    }
    // And forward again.
    set(0);
    let last = api.create("/v1/contacts", json!({"last_name": unique("Roe")})).await;
    let arrived = async || sink.got().iter().any(|got| got.json()["subject"] == subject(&last).as_str()).then_some(());
    until("and so does what comes when it is right again", arrived).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(api.get("/readyz").await.status, 200);
}

/// A workflow with these steps and a button that was pressed; the path of its run.
async fn pressed(api: &Api, steps: serde_json::Value) -> String {
    let body = json!({"name": unique("Flow"), "active": true, "trigger_kind": "button", "steps": steps});
    let id = api.create("/v1/workflows", body).await;
    let run = api.post(&format!("/v1/workflows/{id}/run"), json!({})).await.expect(201).id();
    format!("/v1/workflow_runs/{run}")
}

async fn what_waits_goes_on_when_the_clock_is_set_back(backend: Backend) {
    let Some(clock) = Moved::make("waits of an hour back", backend) else { return };
    // The mail server refuses the first letter for now, so that it is tried again after five seconds.
    let (address, inbox) = mail::server(&["451 later"]).await;
    let server = clock
        .of(quick(backend))
        .env("KONTOR_MAIL_SMTP_URL", &format!("smtp://{address}"))
        .env("KONTOR_MAIL_FROM", "Kontor <crm@example.com>")
        .env("KONTOR_MAIL_PER_MINUTE", "60")
        .env("KONTOR_SWEEPS_EVERY_SECONDS", "2")
        .start()
        .await;
    let api = server.api();
    // A way whose next step is due in an hour.
    let sequence = json!({"name": unique("Nurture"), "active": true, "reply_to": "ann@acme.example"});
    let sequence = api.create("/v1/sequences", sequence).await;
    let step = json!({"sequence_id": sequence, "position": 10, "kind": "wait", "delay_minutes": 60});
    let _ = api.create("/v1/sequence_steps", step).await;
    let somebody = person(&api, json!({"email": "zoe@roe.example"})).await;
    let enrolled = api.post(&format!("/v1/sequences/{sequence}/enrol"), json!({"contact_id": somebody})).await;
    let way = format!("/v1/enrolments/{}", enrolled.expect(201).id());
    let due = api.get(&way).await.expect(200).data()["next_step_at"].clone();
    // Runs that wait: for some seconds, until a moment, for a step that failed and is tried again.
    let short = pressed(&api, json!([{"kind": "wait", "seconds": 20}, {"kind": "stop", "reason": "it waited"}])).await;
    let named = pressed(&api, json!([{"kind": "wait", "until": "'2099-01-01T00:00:00Z'"}])).await;
    let sink = Sink::saying(&[Says::Status(500, "")]).await;
    let call = json!([{"kind": "webhook", "url": sink.url, "retry": {"tries": 5, "seconds": 20}}]);
    let again = pressed(&api, call).await;
    for run in [&short, &named] {
        let waits = async || {
            let run = api.get(run).await.expect(200).data().clone();
            (run["status"] == "waiting").then_some(())
        };
        until("a run waits", waits).await;
    }
    let _ = until("the first call", async || sink.got().first().cloned()).await;
    sink.says(Says::Status(200, ""));
    // News for a chat that does not answer, to be told again after half a minute.
    let chat = Sink::saying(&[Says::Status(500, "")]).await;
    let me = user(&api, None).await;
    let wish = json!({"channel": "chat", "address": chat.url});
    let _ = acting(&api, &me, "member").post("/v1/channel_preferences", wish).await.expect(201);
    let _ = api.create("/v1/tasks", json!({"subject": unique("Sign"), "assignee_id": me})).await;
    let news = format!("/v1/notifications?filter[owner_id]={me}&limit=1");
    let untold = async || {
        let news = acting(&api, &me, "member").get(&news).await.expect(200).rows().first().cloned();
        news.filter(|one| one["problem"].is_string() && one["chat_due_at"].is_string())
    };
    let told_at = until("a chat was not told", untold).await["chat_due_at"].clone();
    let participants = json!([{"email": "ann@acme.example"}]);
    let letter = json!({"subject": "Hello", "body": "Hello", "status": "open", "participants": participants});
    let letter = format!("/v1/emails/{}", api.create("/v1/emails", letter).await);
    let _ = api.post(&format!("{letter}/send"), json!({})).await.expect(200);
    let refused = async || {
        let text = api.anonymous().get("/metrics").await.text();
        text.lines().any(|line| line == "mail_attempts_total{outcome=\"later\"} 1").then_some(())
    };
    until("the letter was refused", refused).await;
    let until_when = async |run: &str| api.get(run).await.expect(200).data()["waits_until"].clone();
    let (before, chosen) = (until_when(&short).await, until_when(&named).await);
    assert!(inbox.lock().unwrap().is_empty());

    clock.set(-3_600);
    let is = async |path: &str, field: &str, value: &str| {
        let look = async || Some(api.get(path).await.expect(200).data().clone()).filter(|one| one[field] == value);
        until(&format!("{path} is {value}"), look).await
    };
    let run = is(&short, "status", "succeeded").await;
    assert!(run["finished_at"].as_str() < before.as_str(), "by the clock as it is now: {run}");
    is(&again, "status", "succeeded").await;
    is(&letter, "mail_status", "sent").await;
    let sooner = async || {
        let enrolment = api.get(&way).await.expect(200).data().clone();
        (enrolment["next_step_at"].as_str() < due.as_str()).then_some(enrolment)
    };
    let enrolment = until("the way goes on in an hour, not in two", sooner).await;
    assert_eq!(enrolment["status"], "active", "{enrolment}");
    let sooner = async || untold().await.filter(|one| one["chat_due_at"].as_str() < told_at.as_str());
    until("the chat is told soon", sooner).await;
    let run = api.get(&named).await.expect(200).data().clone();
    assert!(run["status"] == "waiting" && run["waits_until"] == chosen, "a moment that was named stays: {run}");
    assert_eq!(inbox.lock().unwrap().len(), 1, "once");
    assert_eq!(sink.got().len(), 2, "the call that failed, and the one that did not");
}
