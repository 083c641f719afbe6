//! Writers that keep a journal of what was acknowledged, and the audit of a server against it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use kontor_testkit::{Api, Reply, serial};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::any;

/// A record as it was last acknowledged.
#[derive(Debug, Clone)]
struct Known {
    id: String,
    version: u64,
    text: String,
    /// What made it so.
    by: Write,
}

/// A request that is sent until its answer is known, always with the same key.
#[derive(Debug, Clone)]
struct Write {
    key: String,
    method: &'static str,
    path: String,
    body: Value,
    name: String,
    version: u64,
    text: String,
}

/// What the writers of a story have in common.
#[derive(Debug, Default)]
pub struct Seen {
    pub stop: AtomicBool,
    pub acknowledged: AtomicU64,
    /// 507000 and 503000, and 500301: the refusals that a broken dependency may cause.
    pub refused: AtomicU64,
    pub full: AtomicU64,
}

/// How a writer ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    Stopped,
    /// The server went away.
    Gone,
}

/// One client, its records, and the request whose answer it does not know.
#[derive(Debug)]
pub struct Writer {
    collection: String,
    name_field: &'static str,
    text_field: &'static str,
    known: BTreeMap<String, Known>,
    open: Option<Write>,
    touched: Vec<String>,
}

impl Writer {
    fn next(&mut self) -> Write {
        let text = serial();
        let key = format!("key-{text}");
        let pick = any(self.known.len().max(1) as u64) as usize;
        // Few records are changed often, so that histories grow.
        match self.known.iter().nth(pick.min(20)) {
            Some((name, known)) if any(2) == 0 => Write {
                key,
                method: "PATCH",
                path: format!("{}/{}", self.collection, known.id),
                body: json!({self.text_field: text}),
                name: name.clone(),
                version: known.version + 1,
                text,
            },
            _ => {
                let name = format!("n {text}");
                let mut body = json!({self.name_field: name, self.text_field: text});
                if self.collection == "/v1/customers" {
                    body["mobile"] = json!("13800138000");
                    body["customer_type"] = json!("standard");
                }
                Write { key, method: "POST", path: self.collection.clone(), body, name, version: 1, text }
            }
        }
    }

    async fn send(api: &Api, write: &Write) -> Result<Reply, String> {
        let mut request = api.request(write.method, &write.path).header("idempotency-key", &write.key);
        if write.method == "PATCH" {
            request = request.header("if-match", &format!("\"{}\"", write.version - 1));
        }
        request.json(&write.body).try_send().await
    }

    /// Writes until it is stopped or the server goes away.
    pub async fn run(&mut self, api: &Api, seen: &Seen) -> End {
        loop {
            let write = match self.open.take() {
                Some(write) => write,
                None if seen.stop.load(Ordering::Relaxed) => return End::Stopped,
                None => self.next(),
            };
            let reply = Self::send(api, &write).await;
            let Ok(reply) = reply else {
                self.open = Some(write);
                return End::Gone;
            };
            if reply.status < 300 {
                self.settle(write, &reply);
                seen.acknowledged.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            match reply.error_code() {
                409_003 => {}
                503_000 | 500_301 => {
                    assert!(!reply.header("retry-after").is_empty(), "{reply}");
                    seen.refused.fetch_add(1, Ordering::Relaxed);
                }
                507_000 => {
                    seen.full.fetch_add(1, Ordering::Relaxed);
                }
                _ => panic!("{write:?}: {reply}"),
            }
            self.open = Some(write);
            if seen.stop.load(Ordering::Relaxed) {
                return End::Stopped;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn settle(&mut self, write: Write, reply: &Reply) {
        let data = reply.data();
        assert_eq!(data["version"].as_u64(), Some(write.version), "{write:?}: {reply}");
        assert_eq!((&data[self.name_field], &data[self.text_field]), (&json!(write.name), &json!(write.text)));
        let known = Known { id: reply.id(), version: write.version, text: write.text.clone(), by: write.clone() };
        self.touched.push(write.name.clone());
        self.known.insert(write.name, known);
    }

    /// Learns the fate of the open request. Says whether it had been done before it was asked for again.
    pub async fn resolve(&mut self, api: &Api) -> Option<bool> {
        let write = self.open.take()?;
        let mut reply = Self::send(api, &write).await.expect("an answer");
        // Not every connection to the database is back at the same moment.
        for _ in 0..50 {
            if reply.status != 503 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            reply = Self::send(api, &write).await.expect("an answer");
        }
        assert!(reply.status < 300, "{write:?}: {reply}");
        let done = reply.header("idempotent-replayed") == "true";
        self.settle(write, &reply);
        Some(done)
    }

    /// The record, its audit and its idempotent answer agree, for all that was touched since the last time.
    pub async fn check(&mut self, api: &Api) {
        self.touched.sort_unstable();
        self.touched.dedup();
        for name in std::mem::take(&mut self.touched) {
            let known = &self.known[&name];
            let path = format!("{}/{}", self.collection, known.id);
            let record = api.get(&path).await.expect(200);
            assert_eq!(self.state(record.data()), (known.version, known.text.as_str()), "{record}");
            let history = api.get(&format!("{path}/history?limit=500")).await.expect(200);
            let versions: Vec<u64> = history.column("version").iter().map(|v| v.as_u64().unwrap()).collect();
            let wanted: Vec<u64> = (1..=known.version).rev().take(500).collect();
            assert_eq!(versions, wanted, "{history}");
            assert_eq!(history.rows()[0]["changes"][self.text_field][1], json!(known.text), "{history}");
            let again = Self::send(api, &known.by).await.expect("an answer");
            assert_eq!(again.header("idempotent-replayed"), "true", "{:?}: {again}", known.by);
            assert_eq!(self.state(again.data()), (known.version, known.text.as_str()), "{again}");
        }
    }

    fn state<'a>(&self, data: &'a Value) -> (u64, &'a str) {
        (data["version"].as_u64().unwrap_or_default(), data[self.text_field].as_str().unwrap_or_default())
    }
}

/// All writers of a story.
#[derive(Debug)]
pub struct Writers {
    pub seen: Arc<Seen>,
    all: Vec<Writer>,
    running: JoinSet<(Writer, End)>,
}

impl Writers {
    /// Half of them write customers, half records of a custom object.
    pub async fn new(api: &Api, count: usize) -> Self {
        let fields = json!([{"name": "title", "type": "text", "max": 40, "required": true}, {"name": "remark", "type": "text", "max": 40}]);
        let papers = api.object("paper", fields).await;
        let one = |n: usize| {
            let (collection, name_field, text_field) = if n.is_multiple_of(2) {
                ("/v1/customers", "name", "tax_id")
            } else {
                (papers.path.as_str(), "title", "remark")
            };
            Writer {
                collection: collection.to_owned(),
                name_field,
                text_field,
                known: BTreeMap::new(),
                open: None,
                touched: Vec::new(),
            }
        };
        Self { seen: Arc::default(), all: (0..count).map(one).collect(), running: JoinSet::new() }
    }

    pub fn start(&mut self, api: &Api) {
        self.seen.stop.store(false, Ordering::Relaxed);
        for mut writer in self.all.drain(..) {
            let (api, seen) = (api.clone(), self.seen.clone());
            self.running.spawn(async move {
                let end = writer.run(&api, &seen).await;
                (writer, end)
            });
        }
    }

    /// Waits until each has ended by itself or, with `stop`, after its answer. How many lost the server.
    pub async fn end(&mut self, stop: bool) -> usize {
        self.seen.stop.store(stop, Ordering::Relaxed);
        let mut gone = 0;
        while let Some(ended) = self.running.join_next().await {
            let (writer, end) = ended.expect("a writer");
            gone += usize::from(end == End::Gone);
            self.all.push(writer);
        }
        gone
    }

    /// How many requests wait for an answer.
    pub fn open(&self) -> usize {
        self.all.iter().filter(|writer| writer.open.is_some()).count()
    }

    /// Sends what is open once more and checks what was touched. How many of the open ones had been done.
    pub async fn audit(&mut self, api: &Api) -> usize {
        let mut auditors = JoinSet::new();
        for mut writer in self.all.drain(..) {
            let api = api.clone();
            auditors.spawn(async move {
                let done = writer.resolve(&api).await == Some(true);
                writer.check(&api).await;
                (writer, done)
            });
        }
        let mut done = 0;
        while let Some(audited) = auditors.join_next().await {
            let (writer, was_done) = audited.expect("an auditor");
            done += usize::from(was_done);
            self.all.push(writer);
        }
        done
    }

    /// Everything that is stored, against everything that was acknowledged: no more and no less.
    pub async fn census(&self, api: &Api) -> usize {
        let mut expected: HashMap<&str, HashMap<&str, &Known>> = HashMap::new();
        for writer in &self.all {
            let names = writer.known.iter().map(|(name, known)| (name.as_str(), known));
            expected.entry(&writer.collection).or_default().extend(names);
        }
        let mut counted = 0;
        for (collection, mut known) in expected {
            let fields = self.all.iter().find(|writer| writer.collection == collection).expect("a writer");
            let mut next = format!("{collection}?limit=500&sort=id");
            loop {
                let page = api.get(&next).await.expect(200);
                for row in page.rows() {
                    let name = row[fields.name_field].as_str().unwrap();
                    let Some(known) = known.remove(name) else { panic!("twice, or never acknowledged: {row}") };
                    assert_eq!(
                        (row["id"].as_str(), fields.state(row)),
                        (Some(known.id.as_str()), (known.version, known.text.as_str()))
                    );
                    counted += 1;
                }
                let Some(cursor) = page.page()["next_cursor"].as_str() else { break };
                next = format!("{collection}?limit=500&sort=id&cursor={cursor}");
            }
            assert!(known.is_empty(), "lost: {known:?}");
        }
        counted
    }
}
