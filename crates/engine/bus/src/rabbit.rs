//! RabbitMQ: the topic exchange `kontor.events`, routing keys `{space}.{object}.{what}`, publisher confirms; and the
//! quorum queue `kontor.events`, bound to everything, for who has none of their own.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use lapin::options::{
    BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, ExchangeKind};
use tokio::sync::Mutex;

use crate::message::MEDIA;
use crate::{Bus, Message};

const NAME: &str = "kontor.events";
const PATIENCE: Duration = Duration::from_secs(10);
/// A message that outlives the broker's restart (AMQP 0-9-1, 4.2.6.1).
const PERSISTENT: u8 = 2;

pub(crate) struct Rabbit {
    url: String,
    /// Milliseconds.
    kept: i64,
    /// The connection lives as long as it is held.
    open: Mutex<Option<(Connection, Channel)>>,
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl Rabbit {
    pub fn new(url: &str, days: u32) -> Self {
        Self { url: url.to_owned(), kept: i64::from(days) * 86_400_000, open: Mutex::default() }
    }

    async fn connect(&self) -> Result<(Connection, Channel), String> {
        let connection = Connection::connect(&self.url, ConnectionProperties::default()).await.map_err(said)?;
        let channel = connection.create_channel().await.map_err(said)?;
        channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(said)?;
        let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        channel
            .exchange_declare(NAME.into(), ExchangeKind::Topic, durable, FieldTable::default())
            .await
            .map_err(said)?;
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString(LongString::from("quorum")));
        let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        channel.queue_declare(NAME.into(), durable, arguments).await.map_err(said)?;
        let (bind, none) = (QueueBindOptions::default(), FieldTable::default());
        channel.queue_bind(NAME.into(), NAME.into(), "#".into(), bind, none).await.map_err(said)?;
        Ok((connection, channel))
    }

    /// Each message says how long it is kept: a queue whose arguments change with a setting is refused for good.
    async fn send(&self, channel: &Channel, messages: &[Message]) -> Result<(), String> {
        let mut confirmations = Vec::with_capacity(messages.len());
        for message in messages {
            let properties = BasicProperties::default()
                .with_message_id(message.id.as_str().into())
                .with_content_type(MEDIA.into())
                .with_expiration(self.kept.to_string().as_str().into())
                .with_delivery_mode(PERSISTENT);
            let options = BasicPublishOptions::default();
            let sent =
                channel.basic_publish(NAME.into(), message.route.as_str().into(), options, &message.body, properties);
            confirmations.push(sent.await.map_err(said)?);
        }
        for confirmation in confirmations {
            if let Confirmation::Nack(_) = confirmation.await.map_err(said)? {
                return Err("the broker did not take a message".to_owned());
            }
        }
        Ok(())
    }
}

impl Bus for Rabbit {
    fn name(&self) -> &'static str {
        "rabbitmq"
    }

    fn publish<'a>(&'a self, messages: &'a [Message]) -> BoxFuture<'a, Result<(), String>> {
        async move {
            let mut held = self.open.lock().await;
            let (connection, channel) = match held.take() {
                Some(open) => open,
                None => tokio::time::timeout(PATIENCE, self.connect()).await.map_err(|_| "no answer".to_owned())??,
            };
            match tokio::time::timeout(PATIENCE, self.send(&channel, messages)).await {
                Ok(Ok(())) => {
                    *held = Some((connection, channel));
                    Ok(())
                }
                Ok(Err(error)) => Err(error),
                Err(_) => Err(format!("not confirmed within {} s", PATIENCE.as_secs())),
            }
        }
        .boxed()
    }
}
