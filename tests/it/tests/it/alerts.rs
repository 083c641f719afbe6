//! `/v1/system_alerts`: what the installation says of itself.

use std::time::Duration;

use futures::future::join_all;
use kontor_testkit::{Backend, Builder, Server, both_alone, postgres_url, unique};
use serde_json::{Value, json};

use crate::webhooks::{Says, Sink, contact, endpoint, quick, until};

both_alone!(an_endpoint_that_fails_ten_times_is_told_of_once_and_resolves, each_process_is_told_of_by_its_own_figures);

async fn an_endpoint_that_fails_ten_times_is_told_of_once_and_resolves(backend: Backend) {
    let server = quick(backend).env("KONTOR_SWEEPS_EVERY_SECONDS", "1").start().await;
    let api = server.api();
    let sink = Sink::saying(&[Says::Status(500, "")]).await;
    let (hook, _) = endpoint(&api, &sink.url, json!({"event_types": ["kontor.contact.created"]})).await;
    for _ in 0..9 {
        contact(&api).await;
    }
    let metrics = async || api.anonymous().get("/metrics").await.text();
    let about = |text: &str| text.lines().any(|line| line.contains(&format!("endpoint=\"{hook}\"")));
    until("it fails", async || about(&metrics().await).then_some(())).await;
    for _ in 0..5 {
        contact(&api).await;
    }
    let alerts = async || -> Vec<Value> {
        let page = api.get("/v1/system_alerts?filter[rule]=webhook_failing").await.expect(200);
        page.rows().iter().filter(|alert| alert["subject"] == json!(hook)).cloned().collect()
    };
    let alert = until("it fires", async || alerts().await.pop()).await;
    assert_eq!((&alert["status"], &alert["severity"]), (&json!("firing"), &json!("warning")), "{alert}");
    assert!(alert["resolved_at"].is_null() && alert["title"].as_str().unwrap().contains(&hook), "{alert}");
    let told = async || -> Vec<Value> {
        let page = api.get("/v1/notifications?filter[event_type]=kontor.system_alert.created").await.expect(200);
        page.rows().iter().filter(|news| news["related_to_id"] == alert["id"]).cloned().collect()
    };
    let news = until("administrators are told", async || told().await.pop()).await;
    assert_eq!(news["related_to_object"], json!("system_alert"), "{news}");
    // Who does not manage the space sees nothing of it.
    let member = api.as_role("member", &[]);
    assert!(member.get("/v1/system_alerts").await.expect(200).rows().is_empty());
    // It goes on failing, and is not told again.
    for _ in 0..5 {
        contact(&api).await;
    }
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!((alerts().await.len(), told().await.len()), (1, 1));
    sink.says(Says::Status(204, ""));
    contact(&api).await;
    let resolved = async || alerts().await.pop().filter(|alert| alert["status"] == json!("resolved"));
    let over = until("it resolves", resolved).await;
    assert!(over["id"] == alert["id"] && !over["resolved_at"].is_null(), "{over}");
    let of = format!("/v1/events?subject=system_alerts/{}", alert["id"].as_str().unwrap());
    let types = async || {
        let page = api.get(&of).await.expect(200);
        let types: Vec<String> = page.rows().iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect();
        (types.len() == 2).then_some(types)
    };
    assert_eq!(until("both events", types).await, ["kontor.system_alert.created", "kontor.system_alert.resolved"]);
    let text = metrics().await;
    assert!(text.contains("queue_depth{queue=\"webhooks\"}") && text.contains("queue_oldest_seconds{queue=\"relay\"}"));
}

/// Room for one change, so that most of many are refused with 503.
fn narrow(builder: Builder) -> Builder {
    let rooms = [("MIN", "1"), ("MAX", "1"), ("QUEUE", "1")];
    let builder = builder.env("KONTOR_SWEEPS_EVERY_SECONDS", "1");
    rooms.into_iter().fold(builder, |builder, (name, value)| builder.env(&format!("KONTOR_OVERLOAD_{name}"), value))
}

async fn each_process_is_told_of_by_its_own_figures(backend: Backend) {
    // On PostgreSQL the process that watches is well, and another of the installation has the errors.
    let well = Server::builder().backend(backend).env("KONTOR_SWEEPS_EVERY_SECONDS", "1");
    let mut server = if backend == Backend::Postgres { well } else { narrow(well) }.start().await;
    let other = match backend {
        Backend::Postgres => {
            let api = server.api();
            let shows = async || {
                let text = api.anonymous().get("/metrics").await.text();
                text.contains("queue_depth{queue=\"relay\"}").then_some(())
            };
            until("the first process watches", shows).await;
            let database = postgres_url(server.place().database().unwrap());
            Some(narrow(Server::builder().env("KONTOR_DATABASE_URL", &database)).start().await)
        }
        Backend::Sqlite => None,
    };
    let (api, busy) = (server.api(), other.as_ref().unwrap_or(&server).api());
    let alerts = async || -> Vec<Value> {
        api.get("/v1/system_alerts?filter[rule]=error_rate").await.expect(200).rows().to_vec()
    };
    let fires = async || {
        let many = (0..60).map(|_| {
            let body = json!({"name": unique("Acme")});
            let busy = busy.clone();
            async move { busy.request("POST", "/v1/companies").json(&body).send().await.status }
        });
        let statuses = join_all(many).await;
        assert!(statuses.iter().all(|status| [201, 503].contains(status)), "{statuses:?}");
        alerts().await.pop()
    };
    let alert = until("it fires", fires).await;
    assert_eq!((&alert["status"], &alert["severity"]), (&json!("firing"), &json!("critical")), "{alert}");
    let port = other.as_ref().map_or("", Server::url).rsplit(':').next().unwrap().to_owned();
    match &other {
        Some(_) => assert!(alert["subject"].as_str().unwrap().ends_with(&format!(":{port}")), "{alert}"),
        None => assert!(alert["subject"].is_null(), "{alert}"),
    }
    let told = async || -> Vec<Value> {
        let page = api.get("/v1/notifications?filter[event_type]=kontor.system_alert.created").await.expect(200);
        page.rows().iter().filter(|news| news["related_to_id"] == alert["id"]).cloned().collect()
    };
    until("administrators are told", async || told().await.pop()).await;
    // Some looks later, by either process, it is still the one.
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!((alerts().await.len(), told().await.len()), (1, 1), "{:?}", alerts().await);
    if let Some(mut other) = other {
        // A process that is no more has no errors.
        other.kill();
        let over = async || alerts().await.pop().filter(|alert| alert["status"] == json!("resolved"));
        until("it resolves", over).await;
        assert_eq!(alerts().await.len(), 1);
    } else {
        let _ = server.terminate().await;
    }
}

#[tokio::test]
async fn a_worker_that_stands_still_shows_in_readiness() {
    // Somebody holds a table that nothing else looks at.
    if !Backend::Postgres.is_reachable() {
        return;
    }
    let server = quick(Backend::Postgres).env("KONTOR_SWEEPS_EVERY_SECONDS", "1").start().await;
    let api = server.api();
    let ready = async |status: u16, workers: &str| {
        let reply = api.anonymous().get("/readyz").await;
        (reply.status == status && reply.json["checks"]["workers"]["status"] == json!(workers)).then_some(())
    };
    until("it is ready", async || ready(200, "ok").await).await;
    let database = server.place().database().unwrap().to_owned();
    let held = tokio::task::spawn_blocking(move || {
        kontor_testkit::run_on(&database, "BEGIN; LOCK TABLE workflow_state; SELECT pg_sleep(35); COMMIT")
    });
    until("it is not ready", async || ready(503, "error").await).await;
    let metrics = async || api.anonymous().get("/metrics").await.text();
    let shows = async || metrics().await.contains("worker_stalled{worker=\"workflows\"} 1").then_some(());
    until("the metric shows it", shows).await;
    // The rest goes on meanwhile.
    contact(&api).await;
    let told = async |status: &str| {
        let page = api.get(&format!("/v1/system_alerts?filter[status]={status}")).await.expect(200);
        page.rows().iter().any(|alert| alert["rule"] == json!("worker_stalled")).then_some(())
    };
    until("administrators are told", async || told("firing").await).await;
    held.await.unwrap().unwrap();
    until("it is ready again", async || ready(200, "ok").await).await;
    until("and they are told", async || told("resolved").await).await;
    assert!(metrics().await.contains("worker_stalled{worker=\"workflows\"} 0"));
}
