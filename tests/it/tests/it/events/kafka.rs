//! Events carried to Kafka: a broker that is reachable, and librdkafka's mock cluster, which stops and comes back under
//! load. What happened to a record is heard in order, all of it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kontor_testkit::{Api, Backend, Server, both_alone, unique};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::Message;
use rdkafka::mocking::MockCluster;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::{PATIENCE, about, sequence};
use crate::faults::rounds;

both_alone!(a_consumer_hears_every_event, a_cluster_stops_under_load);

const TOPIC: &str = "kontor.events";
const WRITERS: usize = 2;
/// Changes of each contact.
const CHANGES: usize = 3;

/// Reads all partitions from their beginning.
fn consumer(hosts: &str) -> StreamConsumer {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", hosts).set("group.id", unique("kontor-it")).set("enable.auto.commit", "false");
    let consumer: StreamConsumer = config.create().unwrap();
    let metadata = consumer.fetch_metadata(Some(TOPIC), PATIENCE).unwrap();
    let mut all = TopicPartitionList::new();
    for partition in metadata.topics()[0].partitions() {
        all.add_partition_offset(TOPIC, partition.id(), Offset::Beginning).unwrap();
    }
    consumer.assign(&all).unwrap();
    consumer
}

/// Makes contacts and changes each, until it is told to stop; their subjects.
async fn write(api: Api, stop: Arc<AtomicBool>) -> Vec<String> {
    let mut subjects = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let id = api.create("/v1/contacts", json!({"last_name": unique("Roe")})).await;
        for change in 0..CHANGES {
            let said = json!({"last_name": format!("{} {change}", unique("Roe"))});
            let _ = api.patch(&format!("/v1/contacts/{id}"), said).await.expect(200);
        }
        subjects.push(format!("contacts/{id}"));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    subjects
}

/// The events of each subject in the order in which they came first, once every subject has as many as it must have.
async fn heard(consumer: &StreamConsumer, subjects: &[String], count: usize) -> HashMap<String, Vec<Value>> {
    let mut found: HashMap<String, Vec<Value>> = subjects.iter().map(|one| (one.clone(), Vec::new())).collect();
    let mut ids = HashSet::new();
    let mut missing = subjects.len() * count;
    let begun = Instant::now();
    while missing > 0 {
        assert!(begun.elapsed() < PATIENCE, "{missing} events did not come");
        let Ok(message) = tokio::time::timeout(PATIENCE, consumer.recv()).await else { continue };
        let message = message.unwrap();
        // Others may have used the topic before, for what is no event.
        let event: Value = serde_json::from_slice(message.payload().unwrap_or_default()).unwrap_or_default();
        let Some(subject) = event["subject"].as_str().map(str::to_owned) else { continue };
        assert_eq!(message.key(), Some(subject.as_bytes()), "by its subject");
        if let Some(events) = found.get_mut(&subject)
            && ids.insert(event["id"].as_str().unwrap().to_owned())
        {
            events.push(event);
            missing -= 1;
        }
    }
    found
}

fn in_order(heard: &HashMap<String, Vec<Value>>) {
    for (subject, events) in heard {
        let numbers: Vec<i64> = events.iter().map(sequence).collect();
        assert!(numbers.is_sorted(), "{subject}: {numbers:?}");
    }
}

/// Whether the broker is said to be away.
async fn says(api: &Api, line: &str) -> String {
    let begun = Instant::now();
    loop {
        let metrics = api.anonymous().get("/metrics").await.text();
        if metrics.contains(line) {
            return metrics;
        }
        assert!(begun.elapsed() < PATIENCE, "never: {line}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn a_consumer_hears_every_event(backend: Backend) {
    let address = std::env::var("KONTOR_TEST_KAFKA").unwrap_or_else(|_| "127.0.0.1:9092".to_owned());
    if TcpStream::connect(&address).await.is_err() {
        let required = std::env::var("KONTOR_TEST_REQUIRE").unwrap_or_default();
        assert!(!required.contains("kafka"), "kafka is required");
        eprintln!("skipped: a_consumer_hears_every_event (Kafka is not at {address})");
        return;
    }
    let url = format!("kafka://{address}");
    let server = Server::builder().backend(backend).env("KONTOR_BROKER_URL", &url).start().await;
    let api = server.api();
    let mut subjects = Vec::new();
    for _ in 0..20 {
        subjects.push(format!("contacts/{}", api.create("/v1/contacts", json!({"last_name": unique("Roe")})).await));
    }
    let logged = about(&api, &subjects[0], 1).await.remove(0);
    // What is published first makes the topic.
    says(&api, "bus_away{broker=\"kafka\"} 0").await;
    let heard = heard(&consumer(&address), &subjects, 1).await;
    assert_eq!(heard[&subjects[0]][0], logged, "as in the log");
}

async fn a_cluster_stops_under_load(backend: Backend) {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(TOPIC, 4, 1).unwrap();
    let hosts = cluster.bootstrap_servers();
    let url = format!("kafka://{hosts}");
    let server = Server::builder().backend(backend).env("KONTOR_BROKER_URL", &url).start().await;
    let api = server.api();
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS).map(|_| tokio::spawn(write(server.api(), stop.clone()))).collect();
    let begun = Instant::now();
    says(&api, "bus_published_total{broker=\"kafka\"} ").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    cluster.broker_down(1).unwrap();
    says(&api, "bus_away{broker=\"kafka\"} 1").await;
    // A few seconds, and a minute where the figures are wanted in full.
    tokio::time::sleep(Duration::from_secs(u64::try_from(rounds(5, 60)).unwrap())).await;
    let metrics = says(&api, "bus_away{broker=\"kafka\"} 1").await;
    assert!(!metrics.contains("bus_lag{broker=\"kafka\"} 0\n"), "{metrics}");
    cluster.broker_up(1).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    stop.store(true, Ordering::Relaxed);
    let mut subjects = Vec::new();
    for writer in writers {
        subjects.extend(writer.await.unwrap());
    }
    assert!(subjects.len() > 5, "under load");
    let heard = heard(&consumer(&hosts), &subjects, 1 + CHANGES).await;
    in_order(&heard);
    says(&api, "bus_away{broker=\"kafka\"} 0").await;
    says(&api, "bus_lag{broker=\"kafka\"} 0\n").await;
    eprintln!("{} contacts, {} events, {:?}", subjects.len(), subjects.len() * (1 + CHANGES), begun.elapsed());
}
