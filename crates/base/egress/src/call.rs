//! A call and its answer.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;
use url::form_urlencoded;

use crate::Failure;

const PATIENCE: Duration = Duration::from_secs(5);
const LARGEST: usize = 64 << 10;

/// What is sent; five seconds and 64 KiB unless said otherwise.
#[derive(Debug, Clone)]
#[must_use]
pub struct Call {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    pub(crate) timeout: Duration,
    pub(crate) largest: usize,
    pub(crate) cut: bool,
    pub(crate) kept: bool,
}

impl Call {
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    pub fn post(url: Url) -> Self {
        Self::new(Method::POST, url)
    }

    fn new(method: Method, url: Url) -> Self {
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        Self { method, url, headers, body: None, timeout: PATIENCE, largest: LARGEST, cut: false, kept: false }
    }

    /// Sets a header; its value is kept out of logs.
    pub fn header(mut self, name: HeaderName, mut value: HeaderValue) -> Self {
        value.set_sensitive(true);
        self.headers.insert(name, value);
        self
    }

    /// A body of `application/x-www-form-urlencoded`.
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(fields);
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        self.body = Some(text.finish().into());
        self
    }

    /// A body of `application/json`.
    pub fn json(mut self, value: &Value) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body = Some(value.to_string().into());
        self
    }

    /// A body as it is; its type is a header.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// For the whole call, from the name's resolution to the last byte.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The most bytes that are read of the answer.
    pub fn largest(mut self, bytes: usize) -> Self {
        self.largest = bytes;
        self
    }

    /// Over a connection that may have carried other calls to the same address, and may carry more: for whoever calls
    /// often, and may call again when one breaks off.
    pub fn kept(mut self) -> Self {
        self.kept = true;
        self
    }

    /// What counts is the status: of a body that is larger, breaks off or takes too long, the beginning is given.
    pub fn cut(mut self) -> Self {
        self.cut = true;
        self
    }
}

/// An answer, read to its end. A redirect is one like any other.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// # Errors
    /// [`Failure::NotJson`].
    pub fn json(&self) -> Result<Value, Failure> {
        serde_json::from_slice(&self.body).map_err(|_| Failure::NotJson)
    }
}
