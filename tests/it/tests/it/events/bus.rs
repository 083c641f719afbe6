//! Events carried to a broker: heard by a listener of the broker's own, also when it was away for a while.

use std::sync::{Arc, Mutex};

use kontor_testkit::{Api, Backend, Server, both_alone, unique};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::{PATIENCE, about};

both_alone!(a_listener_hears_every_event, the_log_waits_for_the_broker);

pub const NATS: &str = "127.0.0.1:4222";

/// Everything that is heard on `kontor.events.>`; none where there is no NATS.
pub async fn listen(story: &str) -> Option<Arc<Mutex<String>>> {
    let Ok(mut stream) = TcpStream::connect(NATS).await else {
        let required = std::env::var("KONTOR_TEST_REQUIRE").unwrap_or_default();
        assert!(!required.contains("nats"), "nats is required");
        eprintln!("skipped: {story} (NATS is not at {NATS})");
        return None;
    };
    let hello = "CONNECT {\"verbose\":false,\"headers\":true}\r\nSUB kontor.events.> 1\r\nPING\r\n";
    stream.write_all(hello.as_bytes()).await.unwrap();
    let heard = Arc::new(Mutex::new(String::new()));
    let into = heard.clone();
    tokio::spawn(async move {
        let mut part = vec![0; 1 << 16];
        while let Ok(n @ 1..) = stream.read(&mut part).await {
            let text = String::from_utf8_lossy(&part[..n]).into_owned();
            if text.contains("PING") {
                stream.write_all(b"PONG\r\n").await.ok();
            }
            into.lock().unwrap().push_str(&text);
        }
    });
    until(|| heard.lock().unwrap().contains("PONG")).await;
    Some(heard)
}

pub async fn until(so: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !so() {
        assert!(begun.elapsed() < PATIENCE);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn contacts(api: &Api, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(api.create("/v1/contacts", json!({"last_name": unique("Roe")})).await);
    }
    ids
}

fn has(heard: &Mutex<String>, id: &str) -> bool {
    heard.lock().unwrap().contains(&format!("\"subject\":\"contacts/{id}\""))
}

async fn a_listener_hears_every_event(backend: Backend) {
    let Some(heard) = listen("a_listener_hears_every_event").await else { return };
    let url = format!("nats://{NATS}");
    let server = Server::builder().backend(backend).env("KONTOR_BROKER_URL", &url).start().await;
    let api = server.api();
    let ids = contacts(&api, 20).await;
    until(|| ids.iter().all(|id| has(&heard, id))).await;
    let event = about(&api, &format!("contacts/{}", ids[0]), 1).await.remove(0);
    let text = heard.lock().unwrap().clone();
    assert!(text.contains(&event.to_string()), "as in the log");
    assert!(text.contains(".contact.created"), "by its subject");
    assert!(text.contains(&format!("Nats-Msg-Id: {}", event["id"].as_str().unwrap())));
    let metrics = api.anonymous().get("/metrics").await.text();
    assert!(metrics.contains("bus_away{broker=\"nats\"} 0"), "{metrics}");
}

async fn the_log_waits_for_the_broker(backend: Backend) {
    let Some(heard) = listen("the_log_waits_for_the_broker").await else { return };
    let way = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = way.local_addr().unwrap();
    drop(way);
    let url = format!("nats://{address}");
    let server = Server::builder().backend(backend).env("KONTOR_BROKER_URL", &url).start().await;
    let api = server.api();
    let ids = contacts(&api, 20).await;
    let _ = about(&api, &format!("contacts/{}", ids[19]), 1).await;
    let begun = std::time::Instant::now();
    loop {
        let metrics = api.anonymous().get("/metrics").await.text();
        if metrics.contains("bus_away{broker=\"nats\"} 1") {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{metrics}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(ids.iter().all(|id| !has(&heard, id)));
    let way = TcpListener::bind(address).await.unwrap();
    tokio::spawn(async move {
        while let Ok((mut from, _)) = way.accept().await {
            tokio::spawn(async move {
                let mut to = TcpStream::connect(NATS).await.unwrap();
                copy_bidirectional(&mut from, &mut to).await.ok();
            });
        }
    });
    until(|| ids.iter().all(|id| has(&heard, id))).await;
    // In the order of the log.
    let text = heard.lock().unwrap().clone();
    let places: Vec<usize> = ids.iter().map(|id| text.find(&format!("contacts/{id}\"")).unwrap()).collect();
    assert!(places.windows(2).all(|two| two[0] < two[1]), "{places:?}");
}
