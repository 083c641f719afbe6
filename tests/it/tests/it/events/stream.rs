//! `/v1/events/stream`: server-sent events.

use std::time::{Duration, Instant};

use kontor_testkit::{Api, Server, both, both_alone, unique};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::{PATIENCE, about, sequence, types};

both!(news_comes_by_itself, a_reader_goes_on_where_it_was, only_so_many_streams, it_ends_with_its_credential);
both_alone!(it_ends_with_the_process);

/// An open stream, read as a browser does (WHATWG HTML, 9.2.6). It asks by HTTP/1.0, so that nothing is framed.
pub struct Stream {
    lines: tokio::io::Lines<BufReader<OwnedReadHalf>>,
    _writing: OwnedWriteHalf,
    pub head: String,
    /// The last id that came.
    pub last: Option<i64>,
}

impl Stream {
    pub async fn open(api: &Api, query: &str, last: Option<i64>) -> Self {
        Self::at(api, &format!("/v1/events/stream{query}"), last).await
    }

    /// One of another path.
    pub async fn at(api: &Api, path: &str, last: Option<i64>) -> Self {
        let stream = TcpStream::connect(api.address()).await.expect("a connection");
        let (from, mut to) = stream.into_split();
        let last = last.map(|last| format!("last-event-id: {last}\r\n")).unwrap_or_default();
        let key = api.key().unwrap_or_default();
        let request = format!(
            "GET {path} HTTP/1.0\r\nhost: test\r\nauthorization: Bearer {key}\r\n{last}accept: text/event-stream\r\n\r\n"
        );
        to.write_all(request.as_bytes()).await.expect("written");
        let mut lines = BufReader::new(from).lines();
        let mut head = String::new();
        while let Some(line) = lines.next_line().await.expect("a head").filter(|line| !line.is_empty()) {
            head.push_str(&line);
            head.push('\n');
        }
        Self { lines, _writing: to, head, last: None }
    }

    /// The next event of the log; none when the stream has ended.
    pub async fn next(&mut self) -> Option<Value> {
        let (id, kind, data) = self.part().await?;
        assert_eq!((id.as_deref(), kind.as_deref()), (data["sequence"].as_str(), data["type"].as_str()));
        Some(data)
    }

    /// The next part: its id, its name, its data; none when the stream has ended.
    pub async fn part(&mut self) -> Option<(Option<String>, Option<String>, Value)> {
        let (mut id, mut kind, mut data) = (None, None, Value::Null);
        let read = async {
            while let Ok(Some(line)) = self.lines.next_line().await {
                match line.split_once(": ") {
                    Some(("id", text)) => {
                        self.last = text.parse().ok();
                        id = Some(text.to_owned());
                    }
                    Some(("event", text)) => kind = Some(text.to_owned()),
                    Some(("data", text)) => data = serde_json::from_str(text).expect("JSON"),
                    _ if line.is_empty() && !data.is_null() => return Some(()),
                    _ => {}
                }
            }
            None
        };
        tokio::time::timeout(PATIENCE, read).await.expect("the stream says something")?;
        Some((id, kind, data))
    }

    /// What comes until nothing has come for a while.
    pub async fn rest(&mut self) -> Vec<Value> {
        let mut all = Vec::new();
        while let Ok(Some((_, _, data))) = tokio::time::timeout(Duration::from_secs(3), self.part()).await {
            all.push(data);
        }
        all
    }

    /// The next events about a record.
    pub async fn about(&mut self, subject: &str, count: usize) -> Vec<Value> {
        let mut found = Vec::new();
        while found.len() < count {
            let event = self.next().await.expect("the stream goes on");
            if event["subject"] == subject {
                found.push(event);
            }
        }
        found
    }
}

async fn contact(api: &Api) -> String {
    api.create("/v1/contacts", json!({"last_name": unique("Roe")})).await
}

async fn news_comes_by_itself(api: Api) {
    let old = contact(&api).await;
    let _ = about(&api, &format!("contacts/{old}"), 1).await;
    let mut stream = Stream::open(&api, "?type=kontor.contact.*", None).await;
    let head = stream.head.to_lowercase();
    assert!(head.contains(" 200 ") && head.contains("content-type: text/event-stream"), "{head}");
    assert!(head.contains("cache-control: no-store") && !head.contains("content-length"), "{head}");
    let id = contact(&api).await;
    let _ = api.patch(&format!("/v1/contacts/{id}"), json!({"title": "t"})).await.expect(200);
    let seen = stream.about(&format!("contacts/{id}"), 2).await;
    assert_eq!(types(&seen), ["kontor.contact.created", "kontor.contact.updated"]);
    assert_eq!(seen, about(&api, &format!("contacts/{id}"), 2).await, "as in the log");
}

async fn a_reader_goes_on_where_it_was(api: Api) {
    let id = contact(&api).await;
    for n in 0..3 {
        let _ = api.patch(&format!("/v1/contacts/{id}"), json!({"title": format!("t{n}")})).await.expect(200);
    }
    let subject = format!("contacts/{id}");
    let all = about(&api, &subject, 4).await;
    let mut stream = Stream::open(&api, &format!("?subject={subject}&after=0"), Some(sequence(&all[1]))).await;
    assert_eq!(stream.about(&subject, 2).await, all[2..]);
    let mut stream = Stream::open(&api, &format!("?subject={subject}&after=0"), None).await;
    assert_eq!(stream.about(&subject, 4).await, all);
}

async fn only_so_many_streams(api: Api) {
    let api = api.as_role("member", &[]);
    let mut open = Vec::new();
    for _ in 0..32 {
        let stream = Stream::open(&api, "", None).await;
        assert!(stream.head.contains(" 200 "), "{}", stream.head);
        open.push(stream);
    }
    let refused = api.get("/v1/events/stream").await.refused(429_000);
    assert!(!refused.header("retry-after").is_empty());
    drop(open);
    let begun = Instant::now();
    while !Stream::open(&api, "", None).await.head.contains(" 200 ") {
        assert!(begun.elapsed() < PATIENCE, "places are given back");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn it_ends_with_its_credential(api: Api) {
    let made = api.post("/v1/api_keys", json!({"name": unique("stream"), "role": "member"})).await.expect(201);
    let reader = api.with_key(made.data()["key"].as_str().unwrap());
    let mut stream = Stream::open(&reader, "?type=kontor.contact.*", None).await;
    let id = contact(&api).await;
    assert_eq!(stream.about(&format!("contacts/{id}"), 1).await.len(), 1);
    let _ = api.delete(&format!("/v1/api_keys/{}", made.id())).await.expect(200);
    let begun = Instant::now();
    while stream.next().await.is_some() {
        assert!(begun.elapsed() < PATIENCE);
    }
}

async fn it_ends_with_the_process(backend: kontor_testkit::Backend) {
    let mut server = Server::builder().backend(backend).start().await;
    let mut stream = Stream::open(&server.api(), "", None).await;
    let ended = tokio::spawn(async move { stream.next().await.is_none() });
    assert!(server.terminate().await.success());
    assert!(ended.await.unwrap());
}
