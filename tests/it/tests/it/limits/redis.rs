//! Limits that processes share, and what happens when the Redis between them goes away.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use kontor_testkit::{Api, Backend, both_alone};

use super::{limited, said};

both_alone!(redis_goes_away_and_comes_back);

const LIST: &str = "/v1/customers?limit=1";

/// A Redis of a story's own. Dropping it ends it.
struct Redis {
    port: u16,
    child: Option<Child>,
}

impl Redis {
    /// None, named as skipped, where it is not installed; a failure when `KONTOR_TEST_REQUIRE` lists redis.
    fn start(story: &str) -> Option<Self> {
        let mut redis = Self { port: free_port(), child: None };
        if !redis.up() {
            let required = std::env::var("KONTOR_TEST_REQUIRE").unwrap_or_default();
            assert!(!required.split(',').any(|name| name.trim() == "redis"), "redis-server is not installed");
            eprintln!("skipped: {story} (redis-server is not installed)");
            return None;
        }
        Some(redis)
    }

    fn up(&mut self) -> bool {
        let port = self.port.to_string();
        let folder = std::env::temp_dir();
        let mut command = Command::new("redis-server");
        command.args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"]).arg(folder);
        self.child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok();
        self.child.is_some()
    }

    fn down(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().ok();
            child.wait().ok();
        }
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/3", self.port)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.down();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port()
}

/// What `/readyz` says of Redis and of the whole. It is never 503 for that.
async fn ready(api: &Api) -> (String, String) {
    let reply = api.anonymous().get("/readyz").await.expect(200);
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    (text(&reply.json["checks"]["redis"]["status"]), text(&reply.json["status"]))
}

/// Asks until it says so.
async fn until_ready_says(api: &Api, state: &str) {
    for _ in 0..3_000 {
        if ready(api).await == (state.to_owned(), state.to_owned()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("redis is never {state}: {:?}\n{}", ready(api).await, api.place().log());
}

async fn redis_goes_away_and_comes_back(backend: Backend) {
    let Some(mut redis) = Redis::start("redis_goes_away_and_comes_back") else { return };
    let server = limited(backend).env("KONTOR_REDIS_URL", &redis.url()).start().await;
    let api = server.api().as_role("admin", &[]);
    until_ready_says(&api, "ok").await;
    let _ = api.get(LIST).await.expect(200);
    let before = server.log().matches("redis is away").count();

    redis.down();
    // The first request may be the one that finds out: it is answered all the same.
    for _ in 0..30 {
        let reply = api.get(LIST).await.expect(200);
        assert!(said(&reply, "key", "r") < 100 && said(&reply, "day", "r") < 50_000, "{reply}");
    }
    until_ready_says(&api, "degraded").await;
    assert_eq!(server.log().matches("redis is away").count(), before + 1, "one warning: {}", server.log());
    let metrics = api.anonymous().get("/metrics").await.text();
    assert!(metrics.contains("\nrate_limit_redis_away 1\n"), "{metrics}");
    // Limits hold.
    let small = server.api().as_role("admin", &["--rate-per-second", "1", "--burst", "3"]);
    let mut refused = false;
    for _ in 0..100 {
        refused |= small.get(LIST).await.status == 429;
    }
    assert!(refused, "without redis there is no limit");

    assert!(redis.up());
    until_ready_says(&api, "ok").await;
    let _ = api.get(LIST).await.expect(200);
    let metrics = api.anonymous().get("/metrics").await.text();
    assert!(metrics.contains("\nrate_limit_redis_away 0\n"), "{metrics}");
}

/// Two processes on one database; a limit of one each would be twice as much.
#[tokio::test]
async fn two_processes_share_a_limit() {
    let Some(redis) = Redis::start("two_processes_share_a_limit").filter(|_| Backend::Postgres.is_reachable()) else {
        return;
    };
    let server = limited(Backend::Postgres).env("KONTOR_REDIS_URL", &redis.url()).start().await;
    let other = Other::start(&server);
    let key = server.place().key("admin", &["--rate-per-second", "1", "--burst", "60", "--scopes", "crm:read"]);
    let (one, two) = (server.api().with_key(&key), server.api().with_key(&key).at(&other.url));
    until_ready_says(&one, "ok").await;
    until_ready_says(&two, "ok").await;
    let mut admitted = 0;
    for turn in 0..150 {
        let reply = if turn % 2 == 0 { &one } else { &two }.get(LIST).await;
        admitted += u32::from(reply.status == 200);
    }
    assert!((60..120).contains(&admitted), "{admitted} of a burst of 60");
}

/// A second process on the same database.
struct Other {
    child: Child,
    url: String,
}

impl Other {
    fn start(server: &kontor_testkit::Server) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let mut command = server.place().command(&["serve", "--roles", "api", "--listen", &address]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
        let other = Self { child, url: format!("http://{address}") };
        let mut tries = 0;
        while TcpStream::connect(&address).is_err() {
            tries += 1;
            assert!(tries < 3_000, "the second process does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        other
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
