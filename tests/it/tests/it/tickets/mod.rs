//! The business of `support`.

mod assigning;
mod clocks;
mod comments;
mod hours;
mod merging;
mod states;

use std::time::{Duration, Instant};

use kontor_testkit::{Api, Part, Reply, serial, unique};
use serde_json::{Value, json};

/// A ticket that nobody else has, with these fields.
async fn ticket(api: &Api, fields: Value) -> String {
    let mut body = json!({"subject": unique("Printer")});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    api.create("/v1/tickets", body).await
}

async fn read(api: &Api, id: &str) -> Value {
    api.get(&format!("/v1/tickets/{id}")).await.expect(200).data().clone()
}

async fn act(api: &Api, id: &str, action: &str, body: Value) -> Reply {
    api.post(&format!("/v1/tickets/{id}/{action}"), body).await
}

/// A contact that asks.
async fn asker(api: &Api) -> String {
    api.create("/v1/contacts", json!({"first_name": "Maria", "last_name": unique("Roe")})).await
}

/// A comment of the asker.
async fn asks(api: &Api, ticket: &str, contact: &str) -> Reply {
    let body = json!({"ticket_id": ticket, "contact_id": contact, "body": "And now?"});
    api.post("/v1/ticket_comments", body).await
}

/// The actions of a ticket's history, oldest first.
async fn told(api: &Api, id: &str) -> Vec<String> {
    let rows = api.get(&format!("/v1/tickets/{id}/history")).await.expect(200);
    rows.texts("action").into_iter().rev().collect()
}

/// The ticket once it is so.
async fn until(api: &Api, id: &str, so: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let ticket = read(api, id).await;
        if so(&ticket) {
            return ticket;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{ticket}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A policy with these promises.
async fn policy(api: &Api, fields: Value) -> String {
    let mut body = json!({"name": unique("Policy")});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    api.create("/v1/sla_policies", body).await
}

/// A ticket that came in some minutes ago, as an import brings it.
async fn earlier(api: &Api, minutes: i64, fields: &[(&str, &str)]) -> String {
    several(api, 1, minutes, fields).await.remove(0)
}

/// Several such tickets.
async fn several(api: &Api, count: usize, minutes: i64, fields: &[(&str, &str)]) -> Vec<String> {
    let now = moment(&read(api, &ticket(api, json!({})).await).await["created_at"]);
    let (marker, created) = (serial(), kontor_model::time::datetime_text(now - minutes * 60_000));
    let (names, values): (Vec<&str>, Vec<&str>) = fields.iter().copied().unzip();
    let mut file = format!("subject,key,made,{}\n", names.join(","));
    for n in 0..count {
        file.push_str(&format!("Old,{marker}-{n},{created},{}\n", values.join(",")));
    }
    let mut mapped = json!({"subject": {"from": "subject"}, "external_id": {"from": "key"}});
    for name in names {
        mapped[name] = json!({"from": name});
    }
    let history = json!({"created_at": {"from": "made"}});
    let mapping = json!({"object": "ticket", "key": "external_id", "fields": mapped, "history": history});
    let form =
        [Part::json("options", &json!({"object": "ticket", "mapping": mapping})), Part::file("file", "t.csv", file)];
    let started = api.request("POST", "/v1/imports").form(&form).send().await.expect(202);
    let begun = Instant::now();
    loop {
        let job = api.get(started.header("location")).await.expect(200).data().clone();
        if job["state"] == "succeeded" {
            assert_eq!(job["report"]["created"], count, "{job}");
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{job}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut ids = Vec::new();
    for n in 0..count {
        ids.push(api.get(&format!("/v1/tickets/by/external_id/{marker}-{n}")).await.expect(200).id());
    }
    ids
}

/// Unix milliseconds.
fn moment(value: &Value) -> i64 {
    kontor_model::time::parse_datetime(value.as_str().unwrap_or_else(|| panic!("no moment: {value}"))).unwrap()
}
