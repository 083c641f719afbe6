//! A client of one server.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Method;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::{Place, RawReply, Reply, Request, raw};

/// How long a connection may have been idle.
const IDLE: Duration = Duration::from_secs(2);

/// Speaks to a server with one credential, or none. Cloning shares the connections.
#[derive(Debug, Clone)]
pub struct Api {
    place: Arc<Place>,
    pub(crate) url: String,
    pub(crate) key: Option<String>,
    pub(crate) client: Client<HttpConnector, Full<Bytes>>,
    /// Names of the objects that were made, by this value and its clones.
    pub(crate) made: Arc<Mutex<Vec<String>>>,
}

impl Api {
    pub(crate) fn new(place: Arc<Place>, url: &str, key: &str) -> Self {
        // The server closes a connection that is idle for some seconds: one that may be closing is not used again.
        let client = Client::builder(TokioExecutor::new()).pool_idle_timeout(IDLE).build_http();
        Self { place, url: url.to_owned(), key: Some(key.to_owned()), client, made: Arc::default() }
    }

    pub fn place(&self) -> &Arc<Place> {
        &self.place
    }

    /// `127.0.0.1:41234`
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// The credential it sends.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The same server without a credential.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self { key: None, ..self.clone() }
    }

    /// The same server with another credential.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self.clone() }
    }

    /// Another process of the same installation.
    #[must_use]
    pub fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    /// The same server with a new key of a role; `flags` as `kontor keys create` takes them.
    #[must_use]
    pub fn as_role(&self, role: &str, flags: &[&str]) -> Self {
        self.with_key(&self.place.key(role, flags))
    }

    /// A request to be completed; `path` goes as it is.
    pub fn request(&self, method: &str, path: &str) -> Request {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        Request::new(self.clone(), method, path)
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.request("GET", path).send().await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.request("POST", path).json(&body).send().await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.request("PUT", path).json(&body).send().await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.request("PATCH", path).json(&body).send().await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.request("DELETE", path).send().await
    }

    /// Writes bytes to a new connection and reads until the other side closes it.
    pub async fn raw(&self, bytes: &[u8]) -> RawReply {
        raw::exchange(self.address(), bytes, false).await
    }

    /// As [`Api::raw`], closing this side after the last byte.
    pub async fn raw_and_close(&self, bytes: &[u8]) -> RawReply {
        raw::exchange(self.address(), bytes, true).await
    }

    /// A request line and headers as they are given, with the credential and `Connection: close`.
    pub async fn raw_get(&self, target: &str) -> RawReply {
        let key = self.key.as_deref().unwrap_or_default();
        let text =
            format!("GET {target} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\r\n");
        self.raw(text.as_bytes()).await
    }
}

/// Percent-encodes everything but letters, digits and `-._~` (RFC 3986, 2.3).
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// `path?name=value&…`, encoded.
pub fn query(path: &str, pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    format!("{path}?{}", pairs.join("&"))
}
