//! NATS JetStream: the stream `KONTOR_EVENTS` over the subjects `kontor.events.{space}.{object}.{what}`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::jetstream::{self, Context};
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::Mutex;

use crate::message::MEDIA;
use crate::{Bus, Message};

const STREAM: &str = "KONTOR_EVENTS";
const SUBJECTS: &str = "kontor.events.>";
const PREFIX: &str = "kontor.events.";
/// How long a connection, or a confirmation, may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longer than a connection that was lost is held.
const NEVER: Duration = Duration::from_secs(3_600);
/// How far back the broker knows an id.
const KNOWN: Duration = Duration::from_secs(600);

pub(crate) struct Nats {
    url: String,
    kept: Duration,
    context: Mutex<Option<Context>>,
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl Nats {
    pub fn new(url: &str, days: u32) -> Self {
        let kept = Duration::from_secs(u64::from(days) * 86_400);
        Self { url: url.to_owned(), kept, context: Mutex::default() }
    }

    async fn connect(&self) -> Result<Context, String> {
        let is_made = Arc::new(AtomicBool::new(false));
        let made = is_made.clone();
        let options = async_nats::ConnectOptions::new().connection_timeout(PATIENCE).name("kontor");
        // A connection that is lost is over. One that came back by itself would send the rest of a batch whose beginning
        // was lost, and the beginning, sent anew, would stand behind it.
        let options = options
            .reconnect_delay_callback(move |_| if made.load(Ordering::Relaxed) { NEVER } else { Duration::ZERO });
        let client = options.connect(self.url.as_str()).await.map_err(said)?;
        is_made.store(true, Ordering::Relaxed);
        let context = jetstream::new(client);
        let stream = jetstream::stream::Config {
            name: STREAM.to_owned(),
            subjects: vec![SUBJECTS.to_owned()],
            max_age: self.kept,
            duplicate_window: KNOWN.min(self.kept),
            ..jetstream::stream::Config::default()
        };
        // One that is there stays as its operator wants it.
        context.get_or_create_stream(stream).await.map_err(said)?;
        Ok(context)
    }

    async fn send(&self, context: &Context, messages: &[Message]) -> Result<(), String> {
        let mut confirmations = Vec::with_capacity(messages.len());
        for message in messages {
            let mut headers = HeaderMap::new();
            headers.insert("Nats-Msg-Id", message.id.as_str());
            headers.insert("Content-Type", MEDIA);
            let subject = format!("{PREFIX}{}", message.route);
            let sent = context.publish_with_headers(subject, headers, message.body.clone()).await;
            confirmations.push(sent.map_err(said)?);
        }
        for confirmation in confirmations {
            confirmation.await.map_err(said)?;
        }
        Ok(())
    }
}

impl Bus for Nats {
    fn name(&self) -> &'static str {
        "nats"
    }

    fn publish<'a>(&'a self, messages: &'a [Message]) -> BoxFuture<'a, Result<(), String>> {
        async move {
            let mut held = self.context.lock().await;
            let context = match held.take() {
                Some(context) => context,
                None => tokio::time::timeout(PATIENCE, self.connect()).await.map_err(|_| "no answer".to_owned())??,
            };
            match tokio::time::timeout(PATIENCE, self.send(&context, messages)).await {
                Ok(Ok(())) => {
                    *held = Some(context);
                    Ok(())
                }
                Ok(Err(error)) => Err(error),
                Err(_) => Err(format!("not confirmed within {} s", PATIENCE.as_secs())),
            }
        }
        .boxed()
    }
}
