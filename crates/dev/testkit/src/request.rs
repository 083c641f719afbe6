//! One request, put together step by step.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Method;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::{Api, Reply};

/// A request that has not been sent.
#[derive(Debug)]
pub struct Request {
    api: Api,
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Bytes,
}

/// A server may refuse a large body before it has all of it; the usual client then reports the broken pipe and not the
/// answer.
const LARGE: usize = 512 << 10;

/// A part of a form.
#[derive(Debug)]
pub struct Part {
    head: String,
    content: Vec<u8>,
}

impl Part {
    pub fn json(name: &str, value: &Value) -> Self {
        let head = format!("Content-Disposition: form-data; name=\"{name}\"\r\nContent-Type: application/json");
        Self { head, content: value.to_string().into_bytes() }
    }

    pub fn file(name: &str, file: &str, content: impl Into<Vec<u8>>) -> Self {
        let head = format!(
            "Content-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\nContent-Type: application/octet-stream"
        );
        Self { head, content: content.into() }
    }
}

impl Request {
    pub(crate) fn new(api: Api, method: Method, path: &str) -> Self {
        let headers = api.key.iter().map(|key| ("authorization".to_owned(), format!("Bearer {key}"))).collect();
        Self { api, method, path: path.to_owned(), headers, body: Bytes::new() }
    }

    /// Adds a header; a second one of the same name stands beside the first.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub fn json(self, value: &Value) -> Self {
        self.body("application/json", value.to_string())
    }

    #[must_use]
    pub fn body(mut self, media: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        if media.is_empty() { self } else { self.header("content-type", media) }
    }

    /// `multipart/form-data`.
    #[must_use]
    pub fn form(self, parts: &[Part]) -> Self {
        const BOUNDARY: &str = "kontor-it-7d1c2f0b";
        let mut body = Vec::new();
        for part in parts {
            body.extend_from_slice(format!("--{BOUNDARY}\r\n{}\r\n\r\n", part.head).as_bytes());
            body.extend_from_slice(&part.content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.body(&format!("multipart/form-data; boundary={BOUNDARY}"), body)
    }

    /// Sends it and reads the whole answer.
    ///
    /// # Panics
    /// There is none.
    pub async fn send(self) -> Reply {
        let line = format!("{} {}", self.method, self.path.chars().take(300).collect::<String>());
        match self.try_send().await {
            Ok(reply) => reply,
            Err(why) => panic!("{line}: no answer: {why}"),
        }
    }

    /// As [`Request::send`], where the server may go away meanwhile.
    ///
    /// # Errors
    /// No answer, or not a whole one.
    pub async fn try_send(self) -> Result<Reply, String> {
        let line = format!("{} {}", self.method, self.path.chars().take(300).collect::<String>());
        if self.body.len() > LARGE {
            return self.send_large(line).await;
        }
        let mut request = hyper::Request::builder().method(self.method).uri(format!("{}{}", self.api.url, self.path));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(self.body)).map_err(|e| format!("{line}: {e}"))?;
        let response = self.api.client.request(request).await.map_err(|e| format!("{e:?}"))?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(|e| format!("{e:?}"))?.to_bytes();
        Ok(Reply::new(line, parts.status.as_u16(), parts.headers, body))
    }

    /// Over a connection of its own that is read while it is written.
    async fn send_large(self, line: String) -> Result<Reply, String> {
        let mut bytes =
            format!("{} {} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.method, self.path, self.api.address());
        for (name, value) in &self.headers {
            bytes.push_str(&format!("{name}: {value}\r\n"));
        }
        bytes.push_str(&format!("content-length: {}\r\n\r\n", self.body.len()));
        let mut bytes = bytes.into_bytes();
        bytes.extend_from_slice(&self.body);
        let reply = self.api.raw(&bytes).await;
        if reply.status == 0 {
            return Err("the connection was closed".to_owned());
        }
        let mut headers = HeaderMap::new();
        for (name, value) in reply.head.lines().skip(1).filter_map(|header| header.split_once(": ")) {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                headers.append(name, value);
            }
        }
        Ok(Reply::new(line, reply.status, headers, reply.body.into()))
    }
}
