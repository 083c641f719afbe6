//! A broker that stops under load and comes back: every event is heard, in order.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::StreamExt;
use kontor_testkit::{Api, Backend, Server, both_alone, unique};
use lapin::options::{BasicConsumeOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use serde_json::json;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::PATIENCE;
use super::bus::{NATS, listen, until};
use crate::faults::rounds;

both_alone!(nats_stops_under_load, rabbitmq_stops_under_load);

const RABBITMQ: &str = "127.0.0.1:5672";
const WRITERS: usize = 2;

/// A way to a broker: while it is closed, connections are cut and new ones end at once.
async fn way(to: &'static str) -> (SocketAddr, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (open, is_open) = watch::channel(true);
    tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            let mut is_open = is_open.clone();
            tokio::spawn(async move {
                if *is_open.borrow_and_update()
                    && let Ok(mut to) = TcpStream::connect(to).await
                {
                    tokio::select! {
                        _ = copy_bidirectional(&mut from, &mut to) => {}
                        _ = is_open.wait_for(|open| !open) => {}
                    }
                }
            });
        }
    });
    (address, open)
}

/// Makes contacts, one after the other, until it is told to stop; their ids.
async fn write(api: Api, stop: Arc<AtomicBool>) -> Vec<String> {
    let mut ids = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        ids.push(api.create("/v1/contacts", json!({"last_name": unique("Roe")})).await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    ids
}

/// Where each contact of a space was first heard of. Others talk at the same time, and have ids of their own.
struct Places {
    /// What stands before a contact's id.
    mark: String,
    found: HashMap<String, usize>,
    /// So much was looked at: there may be hundreds of megabytes, and who looks at them all does not listen meanwhile.
    read: usize,
}

impl Places {
    fn of(space: &str) -> Self {
        let mark = format!("\"source\":\"urn:kontor:space:{space}\",\"specversion\":\"1.0\",\"subject\":\"contacts/");
        Self { mark, found: HashMap::new(), read: 0 }
    }

    fn look(&mut self, heard: &Mutex<String>) -> &HashMap<String, usize> {
        let text = heard.lock().unwrap();
        while let Some(at) = text[self.read..].find(&self.mark) {
            let begin = self.read + at + self.mark.len();
            let Some(length) = text[begin..].find('"') else { return &self.found };
            self.found.entry(text[begin..begin + length].to_owned()).or_insert(begin);
            self.read = begin + length;
        }
        // The next mark may have begun.
        self.read = text.floor_char_boundary(text.len().saturating_sub(self.mark.len())).max(self.read);
        &self.found
    }
}

/// Whether the broker's lag is said to be so.
async fn away(api: &Api, gauge: &str) {
    let begun = Instant::now();
    while !api.anonymous().get("/metrics").await.text().contains(gauge) {
        assert!(begun.elapsed() < PATIENCE, "never: {gauge}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn stops(server: &Server, name: &str, open: &watch::Sender<bool>, heard: &Mutex<String>) {
    let api = server.api();
    let me = api.get("/v1/me").await.expect(200);
    let space = me.data()["space"]["id"].as_str().unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS).map(|_| tokio::spawn(write(server.api(), stop.clone()))).collect();
    let places = RefCell::new(Places::of(space));
    until(|| places.borrow_mut().look(heard).len() > 5).await;
    open.send_replace(false);
    away(&api, &format!("bus_away{{broker=\"{name}\"}} 1")).await;
    // A few seconds, and ten minutes where the figures are wanted in full.
    tokio::time::sleep(Duration::from_secs(u64::try_from(rounds(5, 600)).unwrap())).await;
    open.send_replace(true);
    let back = Instant::now();
    tokio::time::sleep(Duration::from_secs(1)).await;
    stop.store(true, Ordering::Relaxed);
    let mut all = Vec::new();
    for writer in writers {
        all.push(writer.await.unwrap());
    }
    let made: usize = all.iter().map(Vec::len).sum();
    assert!(made > 10, "under load");
    until(|| {
        let mut places = places.borrow_mut();
        let found = places.look(heard);
        found.len() >= made && all.iter().flatten().all(|id| found.contains_key(id))
    })
    .await;
    eprintln!("{made} events by {name}, all heard {:.1} s after it was back", back.elapsed().as_secs_f64());
    // What one writer did one after the other is heard so.
    let places = places.into_inner().found;
    for ids in &all {
        assert!(ids.windows(2).all(|two| places[&two[0]] < places[&two[1]]), "{name}: out of order");
    }
    away(&api, &format!("bus_away{{broker=\"{name}\"}} 0")).await;
}

async fn nats_stops_under_load(backend: Backend) {
    let Some(heard) = listen("nats_stops_under_load").await else { return };
    let (address, open) = way(NATS).await;
    let server = Server::builder().backend(backend).env("KONTOR_BROKER_URL", &format!("nats://{address}"));
    stops(&server.start().await, "nats", &open, &heard).await;
}

async fn rabbitmq_stops_under_load(backend: Backend) {
    if TcpStream::connect(RABBITMQ).await.is_err() {
        let required = std::env::var("KONTOR_TEST_REQUIRE").unwrap_or_default();
        assert!(!required.contains("rabbitmq"), "rabbitmq is required");
        eprintln!("skipped: rabbitmq_stops_under_load (RabbitMQ is not at {RABBITMQ})");
        return;
    }
    let (address, open) = way(RABBITMQ).await;
    let server = Server::builder().backend(backend).env("KONTOR_BROKER_URL", &format!("amqp://{address}"));
    let server = server.start().await;
    // What is published first declares the exchange.
    let _ = server.api().create("/v1/contacts", json!({"last_name": "First"})).await;
    let begun = Instant::now();
    let (connection, heard) = loop {
        match consume().await {
            Ok(found) => break found,
            Err(error) => assert!(begun.elapsed() < PATIENCE, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    stops(&server, "rabbitmq", &open, &heard).await;
    drop(connection);
}

/// A queue of our own, bound to everything, and what comes by it.
async fn consume() -> Result<(Connection, Arc<Mutex<String>>), lapin::Error> {
    let connection = Connection::connect(&format!("amqp://{RABBITMQ}"), ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let own = QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
    let name = unique("kontor-it");
    channel.queue_declare(name.as_str().into(), own, FieldTable::default()).await?;
    let (bind, none) = (QueueBindOptions::default(), FieldTable::default());
    channel.queue_bind(name.as_str().into(), "kontor.events".into(), "#".into(), bind, none).await?;
    let options = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
    let mut messages = channel.basic_consume(name.as_str().into(), "".into(), options, FieldTable::default()).await?;
    let heard = Arc::new(Mutex::new(String::new()));
    let into = heard.clone();
    tokio::spawn(async move {
        // The channel lives as long as what comes by it is read.
        let _channel = channel;
        while let Some(Ok(message)) = messages.next().await {
            let mut text = into.lock().unwrap();
            text.push_str(&String::from_utf8_lossy(&message.data));
            text.push('\n');
        }
    });
    Ok((connection, heard))
}
