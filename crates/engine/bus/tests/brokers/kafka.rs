//! Kafka: a broker that is reachable, and librdkafka's mock cluster, which makes errors on demand.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use kontor_bus::{Bus, Message, open};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::{Headers, Message as _};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use super::{PATIENCE, messages, reachable, space};

const TOPIC: &str = "kontor.events";
const BROKERS: i32 = 3;

type Cluster = MockCluster<'static, DefaultProducerContext>;

fn cluster() -> (Cluster, Box<dyn Bus>, String) {
    let cluster = MockCluster::new(BROKERS).unwrap();
    cluster.create_topic(TOPIC, 4, 3).unwrap();
    let hosts = cluster.bootstrap_servers();
    let bus = open(&format!("kafka://{hosts}"), 1).unwrap();
    (cluster, bus, hosts)
}

/// Keys and bodies of a space in the order of each partition, once all the bodies are there, and what comes behind them.
async fn listen(hosts: &str, space: &str, wanted: &[Message]) -> Vec<(String, String)> {
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", hosts)
        .set("group.id", space)
        .set("enable.auto.commit", "false")
        .create()
        .unwrap();
    let metadata = consumer.fetch_metadata(Some(TOPIC), PATIENCE).unwrap();
    let mut all = TopicPartitionList::new();
    for partition in metadata.topics()[0].partitions() {
        all.add_partition_offset(TOPIC, partition.id(), Offset::Beginning).unwrap();
    }
    consumer.assign(&all).unwrap();
    let mut missing: HashSet<&[u8]> = wanted.iter().map(|message| &message.body[..]).collect();
    let mut heard = Vec::new();
    loop {
        let patience = if missing.is_empty() { Duration::from_secs(1) } else { PATIENCE };
        let Ok(message) = tokio::time::timeout(patience, consumer.recv()).await else {
            assert!(missing.is_empty(), "{} of {} did not come", missing.len(), wanted.len());
            return heard;
        };
        let message = message.unwrap();
        let key = String::from_utf8(message.key().unwrap().to_vec()).unwrap();
        if key.starts_with(space) {
            let header = message.headers().unwrap().get(0);
            assert_eq!((header.key, header.value), ("content-type", Some(&b"application/cloudevents+json"[..])));
            missing.remove(message.payload().unwrap());
            heard.push((key, String::from_utf8(message.payload().unwrap().to_vec()).unwrap()));
        }
    }
}

/// By key, leaving out what came before.
fn by_key(heard: impl IntoIterator<Item = (String, String)>) -> HashMap<String, Vec<String>> {
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    for (key, body) in heard {
        let bodies = found.entry(key).or_default();
        if !bodies.contains(&body) {
            bodies.push(body);
        }
    }
    found
}

fn pairs(sent: &[Message]) -> impl Iterator<Item = (String, String)> {
    sent.iter().map(|message| (message.key.clone(), String::from_utf8(message.body.to_vec()).unwrap()))
}

#[tokio::test]
async fn kafka_has_every_message_in_the_order_of_its_key() {
    let Some(hosts) = reachable("kafka", "KONTOR_TEST_KAFKA", "127.0.0.1:9092").await else { return };
    let bus = open(&format!("kafka://{hosts}"), 1).unwrap();
    let space = space();
    let sent = messages(&space, 300);
    for part in sent.chunks(100) {
        bus.publish(part).await.unwrap();
    }
    let heard = listen(&hosts, &space, &sent).await;
    assert_eq!(heard.len(), sent.len(), "each once");
    assert_eq!(by_key(heard), by_key(pairs(&sent)));
}

#[tokio::test]
async fn errors_that_pass_are_retried_and_neither_double_nor_turn_anything_round() {
    let (cluster, bus, hosts) = cluster();
    let space = space();
    let sent = messages(&space, 400);
    bus.publish(&sent[..100]).await.unwrap();
    for (part, errors) in sent[100..].chunks(100).zip([
        &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION; 3],
        &[RDKafkaRespErr::RD_KAFKA_RESP_ERR__TRANSPORT; 3],
        &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS; 3],
    ]) {
        cluster.request_errors(RDKafkaApiKey::Produce, errors);
        bus.publish(part).await.unwrap();
    }
    let heard = listen(&hosts, &space, &sent).await;
    assert_eq!(heard.len(), sent.len(), "each once");
    assert_eq!(by_key(heard), by_key(pairs(&sent)));
}

#[tokio::test]
async fn errors_that_stay_are_said_and_the_next_try_begins_anew() {
    let (cluster, bus, hosts) = cluster();
    let space = space();
    let sent = messages(&space, 200);
    for error in [
        // Ends an idempotent producer for good.
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
    ] {
        bus.publish(&sent[..100]).await.unwrap();
        cluster.request_errors(RDKafkaApiKey::Produce, &[error; 20]);
        let failed = bus.publish(&sent[100..]).await;
        cluster.clear_request_errors(RDKafkaApiKey::Produce);
        assert!(failed.as_ref().is_err_and(|why| !why.contains("within")), "{error:?}: {failed:?}");
    }
    bus.publish(&sent[100..]).await.unwrap();
    let heard = listen(&hosts, &space, &sent).await;
    assert_eq!(by_key(heard), by_key(pairs(&sent)));
}

#[tokio::test]
async fn a_cluster_that_is_down_is_a_failure_in_time_and_goes_on_when_it_is_back() {
    let (cluster, bus, hosts) = cluster();
    let space = space();
    let sent = messages(&space, 300);
    bus.publish(&sent[..100]).await.unwrap();
    (1..=BROKERS).for_each(|broker| cluster.broker_down(broker).unwrap());
    for _ in 0..2 {
        let begun = std::time::Instant::now();
        assert!(bus.publish(&sent[100..200]).await.is_err());
        assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    }
    (1..=BROKERS).for_each(|broker| cluster.broker_up(broker).unwrap());
    for part in sent[100..].chunks(100) {
        bus.publish(part).await.unwrap();
    }
    // One broker of three is not missed for long.
    let more = messages(&space, 400);
    cluster.broker_down(1).unwrap();
    let begun = std::time::Instant::now();
    while let Err(why) = bus.publish(&more[300..]).await {
        assert!(begun.elapsed() < PATIENCE, "{why}");
        // A mock cluster does not choose a new leader by itself.
        (0..4).for_each(|partition| cluster.partition_leader(TOPIC, partition, Some(2)).unwrap());
    }
    cluster.broker_up(1).unwrap();
    let heard = listen(&hosts, &space, &more).await;
    assert_eq!(by_key(heard), by_key(pairs(&more)));
}
