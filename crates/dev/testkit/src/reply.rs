//! An answer, with the questions that tests ask of it.

use bytes::Bytes;
use hyper::HeaderMap;
use serde_json::Value;

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The request, for messages.
    line: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The body as JSON; null when it is none.
    pub json: Value,
}

const NOTHING: &Value = &Value::Null;

impl Reply {
    pub(crate) fn new(line: String, status: u16, headers: HeaderMap, body: Bytes) -> Self {
        let json = serde_json::from_slice(&body).unwrap_or_default();
        Self { line, status, headers, body, json }
    }

    /// A header's text; empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// `data` of the envelope.
    pub fn data(&self) -> &Value {
        self.json.get("data").unwrap_or(NOTHING)
    }

    /// `meta.page`.
    pub fn page(&self) -> &Value {
        self.json.pointer("/meta/page").unwrap_or(NOTHING)
    }

    /// The records of a list.
    ///
    /// # Panics
    /// It is no list.
    #[track_caller]
    pub fn rows(&self) -> &[Value] {
        match self.data() {
            Value::Array(rows) => rows,
            _ => panic!("no list: {self}"),
        }
    }

    /// One member of every record of a list.
    #[track_caller]
    pub fn column(&self, name: &str) -> Vec<Value> {
        self.rows().iter().map(|row| row.get(name).cloned().unwrap_or_default()).collect()
    }

    /// As [`Reply::column`], of texts.
    #[track_caller]
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.column(name).iter().map(|value| value.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The ids of a list.
    #[track_caller]
    pub fn ids(&self) -> Vec<String> {
        self.texts("id")
    }

    /// The record's id.
    ///
    /// # Panics
    /// It has none.
    #[track_caller]
    pub fn id(&self) -> String {
        match self.data().get("id").and_then(Value::as_str) {
            Some(id) => id.to_owned(),
            None => panic!("no id: {self}"),
        }
    }

    /// The code of a refusal; 0 when it is none.
    pub fn error_code(&self) -> u64 {
        self.json.get("error_code").and_then(Value::as_u64).unwrap_or_default()
    }

    /// What a refusal says.
    pub fn detail(&self) -> &str {
        self.json.get("detail").and_then(Value::as_str).unwrap_or_default()
    }

    /// The faults of a refusal.
    pub fn faults(&self) -> Vec<Value> {
        self.json.get("errors").and_then(Value::as_array).cloned().unwrap_or_default()
    }

    /// Field and code of every fault.
    pub fn fault_codes(&self) -> Vec<(String, u64)> {
        let one = |fault: &Value| {
            let field = fault.get("field").and_then(Value::as_str).unwrap_or_default().to_owned();
            (field, fault.get("error_code").and_then(Value::as_u64).unwrap_or_default())
        };
        self.faults().iter().map(one).collect()
    }

    /// An answer of this status; a JSON one must have the three layers (api.md 5).
    ///
    /// # Panics
    /// It is not.
    #[track_caller]
    #[must_use]
    pub fn expect(self, status: u16) -> Self {
        assert!(self.status == status, "expected {status}: {self}");
        if self.header("content-type").starts_with("application/json") && self.json.get("data").is_some() {
            assert!(
                self.json.get("status").and_then(Value::as_u64) == Some(u64::from(status)),
                "status in the body: {self}"
            );
            self.same_request_id();
        }
        self
    }

    /// A refusal with this code, in the form of RFC 9457 (api.md 7).
    ///
    /// # Panics
    /// It is not.
    #[track_caller]
    #[must_use]
    pub fn refused(self, code: u64) -> Self {
        assert!(self.error_code() == code, "expected {code}: {self}");
        self.is_problem();
        self
    }

    /// Whether every rule of refusals is kept.
    ///
    /// # Panics
    /// It is not.
    #[track_caller]
    pub fn is_problem(&self) {
        let code = self.error_code();
        assert!(u64::from(self.status) == code / 1000, "status and code differ: {self}");
        assert!(self.header("content-type") == "application/problem+json", "{self}");
        let text = |name: &str| self.json.get(name).and_then(Value::as_str).unwrap_or_default();
        assert!(text("type").ends_with(&format!("#{code}")), "{self}");
        assert!(self.json.get("status").and_then(Value::as_u64) == Some(u64::from(self.status)), "{self}");
        assert!(!text("title").is_empty() && !text("detail").is_empty(), "{self}");
        assert!(["network", "protocol", "business", "system"].contains(&text("error_type")), "{self}");
        assert!(self.json.pointer("/retry/retryable").is_some_and(Value::is_boolean), "{self}");
        let must_say_when = matches!(self.status, 429 | 503);
        assert!(
            !must_say_when || self.header("retry-after").parse::<u32>().is_ok_and(|s| s >= 1),
            "Retry-After: {self}"
        );
        self.same_request_id();
    }

    /// A replayed answer is the first one to the letter, and so names the first request.
    #[track_caller]
    fn same_request_id(&self) {
        if self.header("idempotent-replayed") == "true" {
            return;
        }
        let id = self.json.pointer("/meta/request_id").and_then(Value::as_str).unwrap_or_default();
        assert!(!id.is_empty() && id == self.header("x-request-id"), "request id in body and header: {self}");
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body: String = self.text().chars().take(2_000).collect();
        write!(f, "{} → {} {body}", self.line, self.status)
    }
}
