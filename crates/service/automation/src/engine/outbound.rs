//! Calls to other systems: signed, with an id that stays the same however often one is tried.

use std::time::Duration;

use kontor_egress::{Answer, Call};
use kontor_model::Result;
use kontor_records::Ctx;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::{Map, Value as J, json};

use super::Automation;
use super::intent::Outbound;
use crate::functions::{self, Opened, away, failed, parsed};
use crate::sign;
use crate::values::{filled, refused};

/// Bytes of an answer that are read, of a function's more: its `result` may take what matters.
const LARGEST: usize = 64 << 10;
const LARGEST_OF_FUNCTION: usize = 256 << 10;
/// Characters of a text that is kept.
const KEPT: usize = 4_000;
/// Characters of an answer that say why it was a refusal.
const SAID: usize = 200;
const JSON: &str = "application/json";
/// With this header AWS Lambda says that the function itself failed, under a status of 200.
const FUNCTION_ERROR: &str = "x-amz-function-error";

/// By what a call is known.
pub(crate) struct Mark<'a> {
    pub id: &'a str,
    pub secret: &'a [u8],
}

/// What came back.
struct Came {
    status: u16,
    text: String,
    json: Option<J>,
    headers: Map<String, J>,
}

impl Came {
    fn of(answer: &Answer) -> Self {
        let text = String::from_utf8_lossy(&answer.body).replace('\0', "\u{fffd}");
        let named = |(name, value): (&HeaderName, &HeaderValue)| {
            Some((name.as_str().to_owned(), json!(value.to_str().ok()?.chars().take(KEPT).collect::<String>())))
        };
        Self {
            status: answer.status,
            json: serde_json::from_str(&text).ok(),
            headers: answer.headers.iter().filter_map(named).collect(),
            text,
        }
    }

    fn said(&self) -> String {
        self.text.chars().take(SAID).collect()
    }

    fn body(&self) -> J {
        self.json.clone().unwrap_or_else(|| json!(self.text.chars().take(KEPT).collect::<String>()))
    }

    /// What the step gives: what its `result` makes of the answer, else `{"status", "body"}`, of a function its JSON.
    fn output(self, asked: &Outbound) -> Result<J> {
        match self.status {
            200..300 => {}
            status @ (408 | 425 | 429 | 500..) => return Err(away(format!("the address answered {status}"))),
            status => return Err(refused(format!("the address answered {status}: {}", self.said()))),
        }
        if self.headers.contains_key(FUNCTION_ERROR) {
            let why = self.json.as_ref().and_then(|json| json["errorMessage"].as_str()).unwrap_or(&self.text);
            return Err(refused(format!("the function failed: {}", why.chars().take(SAID).collect::<String>())));
        }
        let output = match &asked.result {
            Some((result, values)) => {
                let mut known = values.clone();
                known["response"] = json!({"status": self.status, "headers": self.headers, "body": self.body()});
                filled(result, &known)?
            }
            None if asked.function_step => self.json.ok_or_else(|| refused("the function answered no JSON"))?,
            None => json!({"status": self.status, "body": self.body()}),
        };
        if output.to_string().len() > LARGEST {
            return Err(refused(format!(
                "what the step would give is more than {LARGEST} bytes; let its result take what matters"
            )));
        }
        Ok(output)
    }
}

impl Automation {
    /// Calls, and says what the step gives.
    ///
    /// # Errors
    /// 502000 for what may be another time; 422000 for what the other side does not want.
    pub(crate) async fn call(&self, own: &Ctx, asked: &Outbound, mark: &Mark<'_>) -> Result<J> {
        let credentials = &self.parts.credentials;
        let opened = match asked.credential.as_str() {
            "" => None,
            name => Some(functions::open(self.records(), &*credentials.sealing, own, name).await?),
        };
        let mut answer = self.once(asked, opened.as_ref(), mark).await?;
        // A token that was good when it was kept may have been revoked since: nothing was done, and another may be.
        if answer.status == 401 && opened.as_ref().is_some_and(|opened| self.tokens.forget(opened)) {
            answer = self.once(asked, opened.as_ref(), mark).await?;
        }
        Came::of(&answer).output(asked)
    }

    async fn once(&self, asked: &Outbound, opened: Option<&Opened>, mark: &Mark<'_>) -> Result<Answer> {
        let url = opened.map_or_else(|| parsed(&asked.url), |opened| opened.address(asked))?;
        let body = asked.body.to_string();
        let now = self.now();
        let seconds = now.div_euclid(1_000);
        let own = [
            ("webhook-id", mark.id.to_owned()),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", sign::signature(mark.secret, mark.id, seconds, &body)),
            ("idempotency-key", mark.id.to_owned()),
        ];
        let mut call = Call::post(url.clone()).header(CONTENT_TYPE, HeaderValue::from_static(JSON));
        let named = asked.headers.iter().map(|(name, value)| (name.as_str(), value.clone()));
        for (name, value) in named.chain(own) {
            let pair = (HeaderName::try_from(name), HeaderValue::try_from(value));
            let (Ok(name), Ok(value)) = pair else {
                return Err(refused(format!("{name} is no header that can be sent")));
            };
            call = call.header(name, value);
        }
        if let Some(opened) = opened {
            let egress = &self.parts.egress;
            for (name, value) in opened.headers(egress, &self.tokens, &url, JSON, &body, now).await? {
                call = call.header(name, value);
            }
        }
        let largest = if asked.function_step { LARGEST_OF_FUNCTION } else { LARGEST };
        let call = call.body(body).timeout(Duration::from_secs(asked.seconds)).largest(largest);
        self.parts.egress.send(call).await.map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(result: Option<J>) -> Outbound {
        let values = json!({"record": {"name": "Acme"}});
        Outbound { function_step: true, result: result.map(|result| (result, values)), ..Outbound::default() }
    }

    fn came(status: u16, text: &str, headers: J) -> Came {
        let J::Object(headers) = headers else { panic!("headers") };
        Came { status, text: text.to_owned(), json: serde_json::from_str(text).ok(), headers }
    }

    #[test]
    fn answers_are_mapped_back() {
        let result = json!({"score": "{{ response.body.score + 1 }}", "of": "{{ record.name }}", "at": "{{ response.headers['x-at'] }}"});
        let got = came(200, r#"{"score": 6}"#, json!({"x-at": "noon"})).output(&asked(Some(result))).unwrap();
        assert_eq!(got, json!({"score": 7, "of": "Acme", "at": "noon"}));
        assert_eq!(came(200, "[1]", json!({})).output(&asked(None)).unwrap(), json!([1]));
        let missing = came(200, "{}", json!({})).output(&asked(Some(json!({"x": "{{ response.body.score.deep }}"}))));
        assert_eq!(missing.unwrap_err().code().status(), 422);
    }

    #[test]
    fn failures_are_told_apart() {
        let status = |came: Came| came.output(&asked(None)).unwrap_err();
        assert_eq!(status(came(429, "", json!({}))).code().status(), 502);
        assert_eq!(status(came(403, "no", json!({}))).code().status(), 422);
        assert!(status(came(200, "text", json!({}))).detail().contains("no JSON"));
        let failed = came(200, r#"{"errorMessage": "boom"}"#, json!({FUNCTION_ERROR: "Unhandled"}));
        assert!(status(failed).detail().contains("the function failed: boom"));
        let large = format!("\"{}\"", "x".repeat(LARGEST));
        assert!(status(came(200, &large, json!({}))).detail().contains("bytes"));
    }
}
