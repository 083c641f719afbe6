//! Bodies made to exhaust: refused as the client's fault within a second, with little memory.

use std::fmt::Write;
use std::fs;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use kontor_testkit::{Api, Server};

use super::rounds;

/// How much memory the process may take on for one request.
const MOST_KIB: u64 = 64 << 10;

/// Watches how much memory a process has of its own. Pages of mapped files are the system's, to be taken at any time.
#[derive(Debug)]
pub struct Watch {
    before: u64,
    stop: mpsc::Sender<()>,
    most: JoinHandle<u64>,
}

impl Watch {
    pub fn start(pid: u32) -> Self {
        let (stop, stopped) = mpsc::channel();
        let before = own_kib(pid);
        let most = std::thread::spawn(move || {
            let mut most = 0;
            while stopped.recv_timeout(Duration::from_millis(2)) == Err(RecvTimeoutError::Timeout) {
                most = most.max(own_kib(pid));
            }
            most
        });
        Self { before, stop, most }
    }

    /// What it took on, in KiB.
    pub fn grown(self) -> u64 {
        drop(self.stop);
        self.most.join().expect("the watch").saturating_sub(self.before)
    }
}

fn own_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process");
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).expect("its memory");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
}

fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let keys = |count: usize| {
        let mut text = String::from("{");
        (0..count).for_each(|n| write!(text, "\"{n:x}\":1,").expect("a string"));
        text.pop();
        text.push('}');
        text.into_bytes()
    };
    let filter = |depth: usize| {
        [b"{\"filter\":".to_vec(), b"{\"not\":".repeat(depth), b"{}".to_vec(), b"}".repeat(depth + 1)].concat()
    };
    vec![
        ("200,000 arrays", b"[".repeat(200_000)),
        ("200,000 closed arrays", [b"[".repeat(200_000), b"]".repeat(200_000)].concat()),
        ("150,000 objects", b"{\"a\":".repeat(150_000)),
        ("a condition 100,000 deep", filter(100_000)),
        ("100,000 members", keys(100_000)),
        ("300,000 members", keys(300_000)),
        ("a member twice", b"{\"name\":\"a\",\"name\":\"b\"}".to_vec()),
        ("a million zeros", [b"{\"credit_limit\":1".to_vec(), b"0".repeat(1_000_000), b"}".to_vec()].concat()),
        ("a large exponent", b"{\"credit_limit\":1e999999999}".to_vec()),
        ("a long text", [b"{\"name\":\"".to_vec(), b"x".repeat(1_000_000), b"\"}".to_vec()].concat()),
        ("half a character each", [b"{\"name\":\"".to_vec(), b"\\ud800".repeat(100_000), b"\"}".to_vec()].concat()),
        ("64 MB", b" ".repeat(64 << 20)),
    ]
}

/// The figure is a second; a build without optimisation beside other tests is given more.
fn patience() -> Duration {
    Duration::from_secs(if rounds(0, 1) == 1 { 1 } else { 60 })
}

async fn refused_at_once(api: &Api, what: &str, head: &str, body: &[u8]) {
    let key = api.key().unwrap_or_default();
    let head = format!(
        "{head}\r\nhost: test\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\nconnection: close\r\n"
    );
    let whole = [format!("{head}content-length: {}\r\n\r\n", body.len()).into_bytes(), body.to_vec()].concat();
    let chunked = [
        format!("{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n", body.len()).into_bytes(),
        body.to_vec(),
        b"\r\n0\r\n\r\n".to_vec(),
    ]
    .concat();
    for bytes in [whole, chunked] {
        let reply = tokio::time::timeout(patience(), api.raw(&bytes)).await;
        let reply = reply.unwrap_or_else(|_| panic!("{what}, {head}: no answer in time"));
        assert!((400..500).contains(&reply.status), "{what}: {}", reply.head);
        assert_eq!(reply.error_code() / 1_000, u64::from(reply.status), "{what}: {}", reply.head);
        assert!(reply.body.len() < 64 << 10, "{what}, {head}: an answer of {} bytes", reply.body.len());
    }
}

#[tokio::test]
async fn bodies_that_exhaust_nothing() {
    let server = Server::builder().start().await;
    let (api, pid) = (server.api(), server.pid().expect("it runs"));
    let _ = api.post("/v1/customers", crate::support::customer()).await.expect(201);
    let mut most = 0;
    for (what, body) in bodies() {
        for target in [
            "POST /v1/customers",
            "POST /v1/customers/search",
            "POST /v1/customers/batch",
            "POST /v1/customers/aggregate",
            "POST /v1/composite",
            "POST /v1/metadata/objects",
        ] {
            let watch = Watch::start(pid);
            refused_at_once(&api, what, &format!("{target} HTTP/1.1"), &body).await;
            let grown = watch.grown();
            assert!(grown <= MOST_KIB, "{what} to {target} took {grown} KiB");
            most = most.max(grown);
        }
    }
    eprintln!("every body refused within a second; at most {most} KiB more memory");
    let _ = api.get("/v1/customers?limit=1").await.expect(200);
}
