//! What the clock does to invoices. Steps of dunning are the whole workspace's, so that this has servers of its own.

use std::time::{Duration, Instant};

use kontor_testkit::{Api, Backend, Server, both_alone};
use serde_json::{Value, json};

use super::{actions, at, draft, plain, read, some};

both_alone!(late_invoices_become_overdue_and_are_dunned);

/// The invoice once it is so.
async fn until(api: &Api, invoice: &Value, met: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let now = read(api, "invoices", invoice).await;
        if met(&now) {
            return now;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{now}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn late(api: &Api, issued: &str) -> Value {
    let made = draft(api, json!([plain("10")])).await;
    api.post(&at("invoices", &made, "finalize"), json!({"issue_date": issued})).await.expect(200).data().clone()
}

async fn late_invoices_become_overdue_and_are_dunned(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let future = late(&api, "2190-01-01").await;
    let old = late(&api, "2020-01-01").await;
    let now = until(&api, &old, |invoice| !invoice["overdue_since"].is_null()).await;
    assert_eq!(
        some(&now, ["status", "due_date", "overdue_since", "dunning_level"]),
        [json!("open"), json!("2020-01-31"), json!("2020-02-01"), json!(null)]
    );
    // Of the steps that are due the highest is taken; one that is off, or comes later, is not.
    for (level, days, active) in [(1, 7, true), (2, 30, true), (3, 3_600, true), (4, 10, false)] {
        let step = json!({"name": format!("step {level}"), "level": level, "days_after_due": days, "active": active, "subject": "Reminder"});
        let _ = api.post("/v1/dunning_steps", step).await.expect(201);
    }
    let now = until(&api, &old, |invoice| !invoice["dunning_level"].is_null()).await;
    let level = now["dunning_level"].as_i64().unwrap();
    assert!(level <= 2, "{now}");
    let now = until(&api, &old, |invoice| invoice["dunning_level"] == json!(2)).await;
    assert!(now["dunned_at"].is_string());
    // Nothing is done twice.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(read(&api, "invoices", &old).await, now);
    let told = actions(&api, "invoices", &old).await;
    assert_eq!(told.iter().filter(|name| *name == "overdue").count(), 1);
    assert!((1..=2).contains(&told.iter().filter(|name| *name == "dun").count()), "{told:?}");
    assert_eq!(
        some(&read(&api, "invoices", &future).await, ["overdue_since", "version"]),
        some(&future, ["overdue_since", "version"])
    );
    // What is paid is not late any more.
    let _ = api.post(&at("invoices", &old, "pay"), json!({"amount": "10", "method": "cash"})).await.expect(201);
    let paid = read(&api, "invoices", &old).await;
    assert_eq!(some(&paid, ["status", "overdue_since", "dunning_level"]), [json!("paid"), json!(null), json!(2)]);
    for value in [json!(0), json!(100)] {
        let reply = api.post("/v1/dunning_steps", json!({"name": "x", "level": value, "days_after_due": 1})).await;
        assert_eq!(reply.refused(400_001).faults()[0]["field"], "level");
    }
}
