//! Clients that are slow on purpose, or do nothing at all: they are closed, and never keep out who is polite.

use std::time::{Duration, Instant};

use kontor_testkit::{Api, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use super::{Neighbour, Watch, rounds};
use crate::support::{batch, customer};

/// How long a slow client may be there (figure 30), and what a busy machine is given on top.
const CLOSED: Duration = Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 30 });

/// What is sent, then a byte of `drip` each `gap`, until the other side closes; how long that took.
async fn drip(api: Api, begin: Vec<u8>, drip: &'static [u8], gap: Duration) -> (Duration, Vec<u8>) {
    let (mut from, mut to) = TcpStream::connect(api.address()).await.unwrap().into_split();
    let begun = Instant::now();
    to.write_all(&begin).await.ok();
    let dripping = tokio::spawn(async move {
        for byte in drip.iter().cycle() {
            tokio::time::sleep(gap).await;
            if to.write_all(&[*byte]).await.is_err() {
                break;
            }
        }
    });
    let mut answer = Vec::new();
    from.read_to_end(&mut answer).await.ok();
    dripping.abort();
    (begun.elapsed(), answer)
}

/// Asks for a lot, over and over, and reads a few bytes a second.
async fn read_slowly(api: Api) -> Duration {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(api.address().parse().unwrap()).await.unwrap();
    let begun = Instant::now();
    let key = api.key().unwrap();
    let request = format!("GET /v1/customers?limit=500 HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {key}\r\n\r\n");
    stream.write_all(request.repeat(20).as_bytes()).await.ok();
    let mut few = [0; 16];
    while let Ok(1..) = stream.read(&mut few).await {
        tokio::time::sleep(Duration::from_secs(1)).await;
        // What was sent before the end can still be read, slowly: the other side's end shows in writing.
        if stream.write_all(b"\r\n").await.is_err() {
            break;
        }
    }
    begun.elapsed()
}

#[tokio::test]
async fn slow_clients_are_closed_and_polite_ones_notice_nothing() {
    let server = Server::builder().start().await;
    let api = server.api();
    let _ = batch(&api, "/v1/customers", (0..500).map(|_| customer())).await;
    let key = api.key().unwrap();
    let (headers, bodies, readers) = (rounds(25, 500), rounds(10, 200), rounds(10, 200));
    let neighbour = Neighbour::of(&api);
    let watch = Watch::start(server.pid().unwrap());
    let mut slow = JoinSet::new();
    let gap = Duration::from_millis(500);
    let head = b"GET /v1/customers HTTP/1.1\r\nhost: a\r\nx-slow: ".to_vec();
    (0..headers).for_each(|_| drop(slow.spawn(drip(api.clone(), head.clone(), b"x", gap))));
    let head = format!(
        "POST /v1/customers HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n"
    );
    let mut posts = JoinSet::new();
    (0..bodies).for_each(|_| drop(posts.spawn(drip(api.clone(), head.clone().into_bytes(), b" ", gap))));
    let mut reading = JoinSet::new();
    (0..readers).for_each(|_| drop(reading.spawn(read_slowly(api.clone()))));
    let longest = |times: Vec<Duration>| times.into_iter().max().unwrap_or_default();
    let slowest = [
        longest(slow.join_all().await.into_iter().map(|(took, _)| took).collect()),
        {
            let ended = posts.join_all().await;
            for (_, answer) in &ended {
                let text = String::from_utf8_lossy(answer);
                assert!(text.starts_with("HTTP/1.1 408") && text.contains("408000"), "{text}");
            }
            longest(ended.into_iter().map(|(took, _)| took).collect())
        },
        longest(reading.join_all().await),
    ];
    let grown = watch.grown();
    let times = neighbour.polite().await;
    eprintln!(
        "{headers} slow heads, {bodies} slow bodies, {readers} slow readers: closed after {slowest:?}; {grown} KiB more; neighbour {times}"
    );
    assert!(slowest.iter().all(|took| *took <= CLOSED), "{slowest:?}");
}

/// Opens connections that say nothing, or have said something once.
async fn idlers(api: &Api, count: usize, asks: bool) -> Vec<TcpStream> {
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        let mut stream = TcpStream::connect(api.address()).await.unwrap();
        if asks {
            stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
            let mut answer = [0; 1_024];
            assert!(stream.read(&mut answer).await.unwrap() > 0);
        }
        all.push(stream);
    }
    all
}

/// Whether the other side has closed it, without waiting.
fn is_closed(stream: &TcpStream) -> bool {
    let mut byte = [0];
    matches!(stream.try_read(&mut byte), Ok(0))
        || matches!(stream.try_read(&mut byte), Err(e) if e.kind() != std::io::ErrorKind::WouldBlock)
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..1_200 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what}: never");
}

#[tokio::test]
async fn idlers_make_room_the_oldest_first() {
    let most = 64;
    let server = Server::builder().env("KONTOR_CONNECTIONS_MOST", &most.to_string());
    let server = server.env("KONTOR_CONNECTIONS_IDLE_MS", "3600000").start().await;
    let api = server.api();
    let old = idlers(&api, most, true).await;
    // Whoever comes to a full house comes in, for one that has waited longest.
    for _ in 0..3 {
        let reply = api.raw_get("/v1/customers?limit=1").await;
        assert_eq!(reply.status, 200, "{}", reply.head);
    }
    until("the oldest is closed", || is_closed(&old[0])).await;
    let closed: Vec<bool> = old.iter().map(is_closed).collect();
    let first_open = closed.iter().position(|closed| !closed).unwrap();
    assert!(closed[first_open..].iter().all(|closed| !closed), "the oldest first: {closed:?}");
    assert!(closed.iter().filter(|closed| **closed).count() <= 8, "{closed:?}");
    // Many more than there are places.
    let neighbour = Neighbour::of(&api);
    let many = idlers(&api, rounds(500, 3_000), false).await;
    let times = neighbour.polite().await;
    eprintln!("{} idlers on {most} places; neighbour {times}", many.len());
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_a_while() {
    let server = Server::builder().env("KONTOR_CONNECTIONS_IDLE_MS", "1000").start().await;
    let idle = idlers(&server.api(), 20, true).await;
    let silent = idlers(&server.api(), 20, false).await;
    let mut two = TcpStream::connect(server.api().address()).await.unwrap();
    two.write_all(crate::bad_input::http2::BEGIN).await.unwrap();
    until("idle ones are closed", || idle.iter().chain(&silent).all(is_closed)).await;
    let mut rest = Vec::new();
    tokio::time::timeout(CLOSED, two.read_to_end(&mut rest)).await.expect("closed").ok();
    let metrics = server.api().anonymous().get("/metrics").await.text();
    assert!(!metrics.contains("http_connections_closed_total{reason=\"idle\"} 0\n"), "they were counted");
}

#[tokio::test]
async fn three_thousand_idlers_are_nothing() {
    let server = Server::builder().start().await;
    let api = server.api();
    let neighbour = Neighbour::of(&api);
    let watch = Watch::start(server.pid().unwrap());
    let count = rounds(300, 3_000);
    let many = idlers(&api, count, true).await;
    let grown = watch.grown();
    let times = neighbour.polite().await;
    eprintln!(
        "{count} idlers, {} of them sent away, {grown} KiB more; neighbour {times}",
        many.iter().filter(|one| is_closed(one)).count()
    );
}

#[tokio::test]
async fn an_address_has_a_share_of_the_connections() {
    let server = Server::builder().env("KONTOR_CONNECTIONS_PER_ADDRESS", "8");
    let server = server.env("KONTOR_CONNECTIONS_IDLE_MS", "3600000").start().await;
    let api = server.api();
    let mine = idlers(&api, 12, true).await;
    until("the oldest are closed", || mine[..4].iter().all(is_closed)).await;
    assert!(mine[4..].iter().filter(|one| is_closed(one)).count() <= 1);
}
