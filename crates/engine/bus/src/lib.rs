//! The bus: every event of every space, carried to a broker for systems that listen there. With no broker the log is
//! the bus ([`kontor_events`]).
//!
//! One process publishes, by a lease. It reads the log behind a cursor of its own and raises the cursor when the broker
//! has confirmed: while the broker is away the log is the buffer, and an event may come twice, with the same id.

#[cfg(feature = "kafka")]
mod kafka;
mod message;
mod nats;
mod publish;
mod rabbit;

use futures::future::BoxFuture;

pub use message::Message;
pub use publish::{Parts, Publisher};

/// A broker.
pub trait Bus: Send + Sync {
    /// `nats`, `rabbitmq` or `kafka`.
    fn name(&self) -> &'static str;

    /// Hands messages over, in this order; done when the broker has confirmed that it keeps all of them.
    ///
    /// # Errors
    /// What the broker, or the way to it, says; some may have been taken.
    fn publish<'a>(&'a self, messages: &'a [Message]) -> BoxFuture<'a, Result<(), String>>;
}

/// The broker behind an address: `nats://`, `tls://` (NATS), `amqp://`, `amqps://`, and `kafka://` with the feature
/// `kafka`. Nothing is connected yet. `days` is how long it keeps what nobody has taken.
///
/// # Errors
/// A scheme that this build has no broker for.
pub fn open(url: &str, days: u32) -> Result<Box<dyn Bus>, String> {
    match url.split_once("://").map_or("", |(scheme, _)| scheme) {
        "nats" | "tls" => Ok(Box::new(nats::Nats::new(url, days))),
        "amqp" | "amqps" => Ok(Box::new(rabbit::Rabbit::new(url, days))),
        #[cfg(feature = "kafka")]
        "kafka" => Ok(Box::new(kafka::Kafka::new(url, days)?)),
        #[cfg(not(feature = "kafka"))]
        "kafka" => {
            Err("this build has no Kafka; build it with the feature kafka (cargo build -p kontor --features kafka)"
                .to_owned())
        }
        other => Err(format!("there is no broker for \"{other}://\"; there are nats, tls, amqp, amqps and kafka")),
    }
}
