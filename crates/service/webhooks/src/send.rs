//! One attempt: a signed POST, and what came back.

use std::time::{Duration, Instant};

use kontor_egress::{Answer, Call, Failure};
use kontor_telemetry::metrics::{Counter, Histogram, counter, histogram};
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use serde_json::{Map, Value as J, json};
use url::Url;

use crate::row::{Attempt, Delivery};
use crate::schedule::retry_after;
use crate::target::Target;
use crate::{Secret, Webhooks, sign};

const CLOUDEVENTS: HeaderValue = HeaderValue::from_static("application/cloudevents+json; charset=utf-8");
/// Bytes of an answer that are kept, and of each of its headers.
const KEPT: usize = 64 << 10;
const HEADER: usize = 1_024;
const HEADERS: usize = 50;

/// Figures of all endpoints.
pub(crate) struct Metrics {
    pub delivered: Counter,
    pub retried: Counter,
    pub failed: Counter,
    pub duration: Histogram,
    pub delay: Histogram,
}

impl Metrics {
    pub fn new() -> Self {
        let outcome = |outcome| counter("webhook_attempts_total", "Attempts to deliver.", &[("outcome", outcome)]);
        Self {
            delivered: outcome("delivered"),
            retried: outcome("retried"),
            failed: outcome("failed"),
            duration: histogram("webhook_attempt_duration_seconds", "Time that endpoints take to answer.", &[]),
            delay: histogram("webhook_delay_seconds", "From an event's commit to its first acceptance.", &[]),
        }
    }
}

/// What an attempt means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Accepted,
    /// To be tried again, not before this many milliseconds have passed where the endpoint says so.
    Refused(Option<i64>),
    /// It wants nothing more (410).
    Gone,
}

/// An attempt that was made.
pub(crate) struct Made {
    pub outcome: Outcome,
    pub attempt: Attempt,
}

impl Webhooks {
    /// Posts a body to an endpoint, signed with its secrets.
    pub(crate) async fn post(&self, target: &Target, secrets: &[Secret], delivery: &Delivery, body: String) -> Made {
        let at = self.now();
        let seconds = at.div_euclid(1_000);
        let id = delivery.id();
        let signature = sign(secrets, &id, seconds, body.as_bytes());
        let begun = Instant::now();
        let answer = match Url::parse(&target.url) {
            Ok(url) => {
                let mut call = Call::post(url).header(CONTENT_TYPE, CLOUDEVENTS);
                let headers =
                    [("webhook-id", id), ("webhook-timestamp", seconds.to_string()), ("webhook-signature", signature)];
                for (name, value) in headers {
                    if let Ok(value) = HeaderValue::try_from(value) {
                        call = call.header(HeaderName::from_static(name), value);
                    }
                }
                self.parts.egress.send(call.body(body).timeout(self.parts.timeout).largest(KEPT).cut().kept()).await
            }
            Err(_) => Err(Failure::Refused),
        };
        let took = begun.elapsed();
        self.metrics.duration.observe(took);
        self.made(target, at, took, answer)
    }

    fn made(&self, target: &Target, at: i64, took: Duration, answer: Result<Answer, Failure>) -> Made {
        let mut attempt = Attempt {
            id: self.parts.records.ids().next(),
            at,
            duration_ms: i64::try_from(took.as_millis()).unwrap_or(i64::MAX),
            url: target.url.clone(),
            status: None,
            error: None,
            headers: None,
            body: None,
        };
        let outcome = match answer {
            Ok(answer) => {
                let asked = answer.headers.get(RETRY_AFTER).and_then(|v| retry_after(v.to_str().ok()?, at));
                attempt.status = Some(answer.status.into());
                attempt.headers = Some(headers(&answer).to_string());
                // PostgreSQL's texts have no zero byte.
                attempt.body = Some(String::from_utf8_lossy(&answer.body).replace('\0', "\u{fffd}"));
                match answer.status {
                    200..300 => Outcome::Accepted,
                    410 => Outcome::Gone,
                    300..400 => {
                        attempt.error = Some(format!("answered {}: redirects are not followed", answer.status));
                        Outcome::Refused(None)
                    }
                    status => {
                        attempt.error = Some(format!("answered {status}"));
                        Outcome::Refused(asked)
                    }
                }
            }
            Err(failure) => {
                attempt.error = Some(failure.to_string());
                Outcome::Refused(None)
            }
        };
        Made { outcome, attempt }
    }
}

fn headers(answer: &Answer) -> J {
    let mut kept = Map::new();
    for (name, value) in answer.headers.iter().take(HEADERS) {
        let text = String::from_utf8_lossy(value.as_bytes());
        // Its sessions are nobody's business.
        if name != "set-cookie" {
            kept.insert(
                name.as_str().to_owned(),
                json!(text.chars().take(HEADER).collect::<String>().replace('\0', "")),
            );
        }
    }
    J::Object(kept)
}
