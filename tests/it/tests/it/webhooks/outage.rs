//! A receiver that is away for long while much happens, and a process that is killed: everything arrives, in order.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use kontor_testkit::{Api, Backend, both_alone, unique};
use serde_json::{Value, json};

use super::{Got, Says, Sink, endpoint, quick, until};
use crate::faults::rounds;

both_alone!(everything_arrives_after_an_outage);

/// Changes of a batch.
const EACH: usize = 500;
/// What may come twice after a kill: a turn that is written down while the next one is sent.
const TWICE: usize = 2 * 256;

async fn batch(api: &Api, operations: Vec<Value>) -> Vec<String> {
    let body = json!({"atomic": true, "operations": operations});
    let done = api.post("/v1/contacts/batch?allow_duplicates=true", body).await.expect(200);
    done.rows().iter().map(|row| row["data"]["id"].as_str().unwrap().to_owned()).collect()
}

/// Three batches of new contacts, then one that changes the first of all, and so on.
async fn changes(api: &Api, batches: usize) {
    let mut first = Vec::new();
    for n in 0..batches {
        if n % 4 == 3 {
            let update = |id: &String| json!({"op": "update", "id": id, "data": {"title": format!("t{n}")}});
            batch(api, first.iter().map(update).collect()).await;
        } else {
            let create = |_| json!({"op": "create", "data": {"last_name": unique("Roe")}});
            let made = batch(api, (0..EACH).map(create).collect()).await;
            if first.is_empty() {
                first = made;
            }
        }
    }
}

/// Subject and version of what a message tells of.
fn told(got: &Got) -> (String, i64) {
    let event = got.json();
    let version = event["data"]["record"]["version"].as_i64().unwrap();
    (event["subject"].as_str().unwrap().to_owned(), version)
}

async fn everything_arrives_after_an_outage(backend: Backend) {
    let (batches, away) = (rounds(4, 200), Duration::from_secs(u64::try_from(rounds(1, 3_600)).unwrap()));
    // A short story has short pauses; a long one the standard's.
    let pause = if away.as_secs() < 60 { "100" } else { "5000" };
    let server = quick(backend).env("KONTOR_WEBHOOKS_FIRST_RETRY_MS", pause).start().await;
    let api = server.api();
    let sink = Sink::saying(&[Says::Status(503, "")]).await;
    endpoint(&api, &sink.url, json!({"event_types": ["kontor.contact.*"], "ordered": true})).await;
    let begun = Instant::now();
    changes(&api, batches).await;
    tokio::time::sleep(away.saturating_sub(begun.elapsed())).await;
    let tried = sink.got().len();
    sink.says(Says::Status(200, ""));
    let back = Instant::now();
    let all = batches * EACH;
    until("half of it", async || (sink.accepted() > all / 2).then_some(())).await;
    let found = back.elapsed();
    let mut server = server;
    server.kill();
    let server = server.restart().await;
    let distinct = async || {
        let enough = sink.accepted() >= all;
        enough.then(|| sink.got().iter().filter(|got| got.is_accepted()).map(told).collect::<HashSet<_>>())
    };
    until("everything", async || distinct().await.filter(|told| told.len() >= all)).await;
    let took = back.elapsed();
    drop(server);
    let accepted: Vec<_> = sink.got().iter().filter(|got| got.is_accepted()).map(told).collect();
    let mut known: HashMap<&str, i64> = HashMap::new();
    let mut twice = 0;
    for (subject, version) in &accepted {
        let last = known.entry(subject).or_default();
        if *version <= *last {
            twice += 1;
        } else {
            assert_eq!(*version, *last + 1, "{subject} is out of order");
            *last = *version;
        }
    }
    assert_eq!((known.values().sum::<i64>(), accepted.len()), (all as i64, all + twice));
    assert!(twice <= TWICE, "{twice} messages came twice");
    eprintln!(
        "{all} events, {tried} attempts in {} s away; half was there after {:.1} s, all after {:.1} s with a kill and a \
         start; {twice} came twice, on {}",
        begun.elapsed().saturating_sub(took).as_secs(),
        found.as_secs_f64(),
        took.as_secs_f64(),
        backend.name()
    );
}
