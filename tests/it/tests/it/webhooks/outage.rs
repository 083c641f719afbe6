//! A receiver that is away for long while much happens, and a process that is killed: everything arrives, in order.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use kontor_testkit::{Api, Backend, both_alone, unique};
use serde_json::{Value, json};

use super::{Got, PATIENCE, Says, Sink, endpoint, quick};
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

/// What was accepted, each message as it came: hundreds of megabytes are not read again.
#[derive(Default)]
struct Heard {
    requests: usize,
    /// The last version of each subject.
    versions: HashMap<String, i64>,
    /// Messages without those that came twice.
    distinct: usize,
    twice: usize,
}

impl Heard {
    fn listen(&mut self, sink: &Sink) -> usize {
        let news = sink.got_after(self.requests);
        self.requests += news.len();
        for (subject, version) in news.iter().filter(|got| got.is_accepted()).map(told) {
            let last = self.versions.entry(subject.clone()).or_default();
            if version <= *last {
                self.twice += 1;
                continue;
            }
            assert_eq!(version, *last + 1, "{subject} is out of order");
            *last = version;
            self.distinct += 1;
        }
        self.distinct
    }

    async fn until(&mut self, sink: &Sink, what: &str, count: usize) {
        let begun = Instant::now();
        while self.listen(sink) < count {
            assert!(begun.elapsed() < PATIENCE, "never: {what}: {} of {count}", self.distinct);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
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
    let mut heard = Heard::default();
    heard.until(&sink, "half of it", all / 2).await;
    let found = back.elapsed();
    let mut server = server;
    server.kill();
    let server = server.restart().await;
    heard.until(&sink, "everything", all).await;
    let took = back.elapsed();
    drop(server);
    let twice = heard.twice;
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
