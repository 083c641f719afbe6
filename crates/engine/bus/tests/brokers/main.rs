//! One suite for every broker: what was confirmed is there, in order, for a client of the broker's own.

#![expect(clippy::unwrap_used, reason = "tests")]

#[cfg(feature = "kafka")]
mod kafka;

use std::time::Duration;

use futures::StreamExt;
use kontor_bus::{Bus, Message, open};

const PATIENCE: Duration = Duration::from_secs(30);

fn messages(space: &str, count: usize) -> Vec<Message> {
    let one = |n: usize| Message {
        id: format!("{space}-{n}"),
        route: format!("{space}.deal.{}", if n.is_multiple_of(2) { "created" } else { "won" }),
        key: format!("{space}/{}", n % 7),
        body: format!("{{\"n\":{n}}}").into(),
    };
    (0..count).map(one).collect()
}

/// A space that no other run has.
fn space() -> String {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap();
    format!("t{}", now.as_nanos())
}

/// The url, unless nothing listens there and nothing is required.
async fn reachable(name: &str, variable: &str, usual: &str) -> Option<String> {
    let url = std::env::var(variable).unwrap_or_else(|_| usual.to_owned());
    let address = url.split("://").last()?.split('@').next_back()?.trim_end_matches('/').to_owned();
    if tokio::net::TcpStream::connect(&address).await.is_ok() {
        return Some(url);
    }
    let required = std::env::var("KONTOR_TEST_REQUIRE").unwrap_or_default();
    assert!(!required.split(',').any(|one| one == name), "{name} is required and not at {address}");
    eprintln!("skipped: {name} is not at {address}");
    None
}

async fn keeps_order(bus: &dyn Bus, listen: impl AsyncFn(String, usize) -> Vec<String>) {
    let space = space();
    let sent = messages(&space, 300);
    for part in sent.chunks(100) {
        bus.publish(part).await.unwrap();
    }
    let got = listen(space, sent.len()).await;
    let wanted: Vec<String> = sent.iter().map(|m| String::from_utf8(m.body.to_vec()).unwrap()).collect();
    assert_eq!(got, wanted);
}

#[tokio::test]
async fn nats_has_every_message_in_order() {
    let Some(url) = reachable("nats", "KONTOR_TEST_NATS_URL", "nats://127.0.0.1:4222").await else { return };
    let bus = open(&url, 1).unwrap();
    let listen = async |space: String, count: usize| {
        let client = async_nats::connect(&url).await.unwrap();
        let context = async_nats::jetstream::new(client);
        let stream = context.get_stream("KONTOR_EVENTS").await.unwrap();
        let consumer = async_nats::jetstream::consumer::pull::OrderedConfig {
            filter_subject: format!("kontor.events.{space}.>"),
            ..Default::default()
        };
        let consumer = stream.create_consumer(consumer).await.unwrap();
        let messages = consumer.messages().await.unwrap();
        let bodies = messages.take(count).map(|m| String::from_utf8(m.unwrap().payload.to_vec()).unwrap());
        tokio::time::timeout(PATIENCE, bodies.collect()).await.unwrap()
    };
    keeps_order(&*bus, &listen).await;
    // What comes again within ten minutes is one message.
    let space = space();
    let sent = messages(&space, 3);
    bus.publish(&sent).await.unwrap();
    bus.publish(&sent).await.unwrap();
    bus.publish(&messages(&space, 4)[3..]).await.unwrap();
    assert_eq!(listen(space, 4).await.last().unwrap(), "{\"n\":3}");
}

#[tokio::test]
async fn rabbitmq_has_every_message_in_order() {
    let usual = "amqp://guest:guest@127.0.0.1:5672";
    let Some(url) = reachable("rabbitmq", "KONTOR_TEST_RABBITMQ_URL", usual).await else { return };
    let bus = open(&url, 1).unwrap();
    // The exchange is there when something was published.
    bus.publish(&messages("first", 1)).await.unwrap();
    use lapin::options::{BasicConsumeOptions, QueueBindOptions, QueueDeclareOptions, QueuePurgeOptions};
    use lapin::types::FieldTable;
    let connection = lapin::Connection::connect(&url, lapin::ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let own = QueueDeclareOptions { exclusive: true, ..Default::default() };
    let queue = channel.queue_declare("".into(), own, FieldTable::default()).await.unwrap();
    let name = queue.name().clone();
    channel
        .queue_bind(
            name.clone(),
            "kontor.events".into(),
            "*.deal.#".into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await
        .unwrap();
    let options = BasicConsumeOptions { no_ack: true, ..Default::default() };
    let consumer = channel.basic_consume(name, "test".into(), options, FieldTable::default()).await.unwrap();
    let consumer = tokio::sync::Mutex::new(consumer);
    keeps_order(&*bus, async |space: String, count: usize| {
        let mut consumer = consumer.lock().await;
        let mut bodies = Vec::new();
        while bodies.len() < count {
            let delivery = tokio::time::timeout(PATIENCE, consumer.next()).await.unwrap().unwrap().unwrap();
            if delivery.routing_key.as_str().starts_with(&space) {
                bodies.push(String::from_utf8(delivery.data.to_vec()).unwrap());
            }
        }
        bodies
    })
    .await;
    channel.queue_purge("kontor.events".into(), QueuePurgeOptions::default()).await.unwrap();
}

#[tokio::test]
async fn a_broker_that_is_away_is_a_failure_and_no_wait_for_ever() {
    let kafka = cfg!(feature = "kafka").then_some("kafka://127.0.0.1:1");
    for url in ["nats://127.0.0.1:1", "amqp://127.0.0.1:1"].into_iter().chain(kafka) {
        let bus = open(url, 1).unwrap();
        let failed = tokio::time::timeout(PATIENCE, bus.publish(&messages("away", 1))).await;
        assert!(failed.is_ok_and(|outcome| outcome.is_err()), "{url}");
    }
}

#[cfg(not(feature = "kafka"))]
#[test]
fn a_build_without_kafka_says_so() {
    assert!(open("kafka://127.0.0.1:9092", 1).is_err_and(|why| why.contains("feature kafka")));
}
