//! `/v1/sandboxes`: spaces to try things in.

mod copy;
mod kills;
mod rights;
mod spaces;

use std::time::{Duration, Instant};

use kontor_testkit::{Api, Backend, Place, Reply};
use serde_json::{Value, json};

/// Asks for a sandbox; the answer.
async fn make(api: &Api, name: &str, from: &str) -> Value {
    let reply = api.post("/v1/sandboxes", json!({"name": name, "from": from})).await.expect(202);
    assert_eq!(reply.header("location"), reply.data()["job_url"].as_str().unwrap());
    assert_eq!(
        (reply.data()["state"].as_str(), reply.data()["job"]["state"].as_str()),
        (Some("creating"), Some("queued"))
    );
    reply.data().clone()
}

/// Waits until the job of an answer is over, which has to succeed.
async fn done(api: &Api, sandbox: &Value) -> Value {
    let path = sandbox["job_url"].as_str().unwrap().to_owned();
    let begun = Instant::now();
    loop {
        let job = api.get(&path).await.expect(200).data().clone();
        match job["state"].as_str().unwrap() {
            "succeeded" => return job,
            "failed" | "cancelled" => panic!("{job}"),
            _ => assert!(begun.elapsed() < Duration::from_secs(180), "{job}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A masked copy of live, entered.
pub async fn copied(live: &Api) -> Api {
    let sandbox = make(live, "masked", "live").await;
    let _ = done(live, &sandbox).await;
    enter(live, &sandbox).await
}

fn id(sandbox: &Value) -> String {
    sandbox["id"].as_str().unwrap().to_owned()
}

fn path(sandbox: &Value) -> String {
    format!("/v1/sandboxes/{}", id(sandbox))
}

/// A client of the sandbox.
async fn enter(api: &Api, sandbox: &Value) -> Api {
    let reply = api.post(&format!("{}/keys", path(sandbox)), json!({"name": "test"})).await.expect(201);
    api.with_key(reply.data()["key"].as_str().unwrap())
}

/// Waits until a sandbox answers its key again; until then it says that it is not ready.
async fn answered(inside: &Api, path: &str) -> Reply {
    let begun = Instant::now();
    loop {
        let reply = inside.get(path).await;
        if reply.status == 200 {
            return reply;
        }
        assert_eq!(reply.error_code(), 503_000, "{reply}");
        assert!(begun.elapsed() < Duration::from_secs(30), "{reply}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Every table that has spaces.
fn tables(place: &Place) -> Vec<String> {
    let found = place.texts(match place.backend {
        Backend::Sqlite => {
            "SELECT m.name FROM sqlite_master m WHERE m.type = 'table' AND EXISTS \
             (SELECT 1 FROM pragma_table_info(m.name) p WHERE p.name = 'space')"
        }
        Backend::Postgres => {
            "SELECT table_name FROM information_schema.columns WHERE column_name = 'space' AND table_schema = 'public'"
        }
    });
    assert!(found.len() > 50, "{found:?}");
    found
}

/// Every row of a space as text.
fn dump(place: &Place, space: &str) -> String {
    let mut all = String::new();
    for table in tables(place) {
        let question = match place.backend {
            Backend::Postgres => format!("SELECT row_to_json(t)::text FROM \"{table}\" t WHERE space = {space}"),
            Backend::Sqlite => {
                let columns = place.texts(&format!("SELECT name FROM pragma_table_info('{table}')"));
                let columns: Vec<String> = columns.iter().map(|name| format!("coalesce(\"{name}\", '')")).collect();
                format!("SELECT {} FROM \"{table}\" WHERE space = {space}", columns.join(" || '|' || "))
            }
        };
        for row in place.texts(&question) {
            all.push_str(&row);
            all.push('\n');
        }
    }
    all
}

/// How many rows each table has of a space, but for those that have none.
fn census(place: &Place, space: &str) -> Vec<(String, String)> {
    let count = |table: &String| place.texts(&format!("SELECT count(*) FROM \"{table}\" WHERE space = {space}"));
    let counted = tables(place).into_iter().map(|table| (count(&table).remove(0), table));
    counted.filter(|(count, _)| count != "0").map(|(count, table)| (table, count)).collect()
}
