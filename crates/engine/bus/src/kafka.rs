//! Kafka: the topic `kontor.events`, written by an idempotent producer. The key is the event's subject, so that one
//! partition has all that happened to a record, in order ([ADR 34](../../../../docs/adr/0034-kafka.md)).

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::message::MEDIA;
use crate::{Bus, Message};

const TOPIC: &str = "kontor.events";
/// How long a connection, or the confirmation of a hand-over, may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The broker's own setting (KIP-464).
const AS_THE_BROKER_WANTS: i32 = -1;
/// Of a topic that is made here: an event holds a record, which a request of `request.body_limit_bytes` wrote.
const MOST_BYTES: &str = "16777216";

type Producer = FutureProducer<Quiet>;

/// What librdkafka says while a broker is away is said once, by who publishes.
struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, _: RDKafkaLogLevel, what: &str, text: &str) {
        tracing::debug!(what, text, "librdkafka");
    }

    fn error(&self, error: KafkaError, why: &str) {
        tracing::debug!(%error, why, "librdkafka");
    }
}

pub(crate) struct Kafka {
    config: ClientConfig,
    /// Milliseconds.
    kept: i64,
    producer: Mutex<Option<Producer>>,
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl Kafka {
    /// # Errors
    /// A URL with more in it than hosts and ports.
    pub fn new(url: &str, days: u32) -> Result<Self, String> {
        let hosts = url.trim_start_matches("kafka://").trim_end_matches('/');
        if hosts.is_empty() || hosts.contains(['@', '/', '?', '#']) {
            return Err(
                "kafka:// takes hosts and ports, as in kafka://a:9092,b:9092; no user, no parameters".to_owned()
            );
        }
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", hosts)
            .set("client.id", "kontor")
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("enable.gapless.guarantee", "true")
            // Nothing leaves the queue before what stands before it. How long is waited is said here, for all of it.
            .set("message.timeout.ms", "0")
            .set("request.timeout.ms", "5000")
            .set("reconnect.backoff.max.ms", "1000")
            .set("linger.ms", "1")
            // Whether it is too large is the broker's to say.
            .set("message.max.bytes", "1000000000")
            // The partition that the Java client would choose.
            .set("partitioner", "murmur2_random");
        Ok(Self { config, kept: i64::from(days) * 86_400_000, producer: Mutex::default() })
    }

    async fn connect(&self) -> Result<Producer, String> {
        let producer: Producer = self.config.create_with_context(Quiet).map_err(said)?;
        let asking = producer.clone();
        // Asked for by its name, it would be made by the broker, with the broker's retention.
        let all = spawn_blocking(move || asking.client().fetch_metadata(None, PATIENCE)).await.map_err(said)?;
        if !all.map_err(said)?.topics().iter().any(|topic| topic.name() == TOPIC) {
            self.make_topic().await?;
        }
        Ok(producer)
    }

    /// One that is there stays as its operator wants it.
    async fn make_topic(&self) -> Result<(), String> {
        let admin: AdminClient<Quiet> = self.config.create_with_context(Quiet).map_err(said)?;
        let kept = self.kept.to_string();
        let replicas = TopicReplication::Fixed(AS_THE_BROKER_WANTS);
        let topic = NewTopic::new(TOPIC, AS_THE_BROKER_WANTS, replicas)
            .set("retention.ms", &kept)
            .set("max.message.bytes", MOST_BYTES);
        let options = AdminOptions::new().request_timeout(Some(PATIENCE)).operation_timeout(Some(PATIENCE));
        let made = admin.create_topics([&topic], &options).await;
        spawn_blocking(move || drop(admin));
        match made.map_err(said)?.into_iter().next() {
            Some(Err((_, why))) if why != RDKafkaErrorCode::TopicAlreadyExists => {
                Err(format!("the topic {TOPIC} is not there and cannot be made: {why}"))
            }
            _ => Ok(()),
        }
    }
}

async fn send(producer: &Producer, messages: &[Message]) -> Result<(), String> {
    let mut confirmations = Vec::with_capacity(messages.len());
    for message in messages {
        let headers = OwnedHeaders::new().insert(Header { key: "content-type", value: Some(MEDIA) });
        let record = FutureRecord::to(TOPIC).key(message.key.as_str()).payload(&message.body[..]).headers(headers);
        confirmations.push(producer.send_result(record).map_err(|(error, _)| said(error))?);
    }
    for confirmation in confirmations {
        confirmation.await.map_err(said)?.map_err(|(error, _)| said(error))?;
    }
    Ok(())
}

impl Bus for Kafka {
    fn name(&self) -> &'static str {
        "kafka"
    }

    fn publish<'a>(&'a self, messages: &'a [Message]) -> BoxFuture<'a, Result<(), String>> {
        async move {
            let mut held = self.producer.lock().await;
            let producer = match held.take() {
                Some(producer) => producer,
                None => tokio::time::timeout(PATIENCE, self.connect()).await.map_err(|_| "no answer".to_owned())??,
            };
            let outcome = tokio::time::timeout(PATIENCE, send(&producer, messages)).await;
            if matches!(outcome, Ok(Ok(()))) {
                *held = Some(producer);
                return Ok(());
            }
            // Its queue goes with it: what it still had would come between what is sent anew. It waits for its threads.
            spawn_blocking(move || drop(producer));
            outcome.unwrap_or_else(|_| Err(format!("not confirmed within {} s", PATIENCE.as_secs())))
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::Kafka;

    #[test]
    fn hosts_and_nothing_else() {
        assert!(Kafka::new("kafka://a:9092,b:9092/", 1).is_ok());
        for url in ["kafka://", "kafka://user:secret@a:9092", "kafka://a:9092?x=1", "kafka://a:9092/topic"] {
            assert!(Kafka::new(url, 1).is_err_and(|why| !why.contains("secret")), "{url}");
        }
    }
}
