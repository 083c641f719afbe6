//! The command line as a client of the API: what a person can do here, an integrator can do with curl.

use std::path::Path;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::body::{Body, Frame};
use hyper::{Method, Request};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::trust;

/// How often it waits for one answer.
const PATIENCE: u32 = 20;

type Payload = BoxBody<Bytes, std::io::Error>;

/// A client with a key.
pub struct Client {
    http: Http<HttpsConnector<HttpConnector>, Payload>,
    base: String,
    key: String,
}

/// A body that another task feeds.
struct Fed(mpsc::Receiver<std::io::Result<Bytes>>);

impl Body for Fed {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<std::io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(cx).map(|item| item.map(|bytes| bytes.map(Frame::data)))
    }
}

fn full(bytes: impl Into<Bytes>) -> Payload {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed()
}

impl Client {
    /// `base` is `http://host:port` or `https://host:port`; `own` is the file of a certificate that is trusted as it is.
    ///
    /// # Errors
    /// Another address; `own` cannot be read.
    pub fn new(base: &str, key: &str, own: Option<&Path>) -> Result<Self> {
        if !base.starts_with("http://") && !base.starts_with("https://") {
            bail!("--server takes an address such as http://127.0.0.1:8080 or https://crm.example.com");
        }
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(trust::client(own)?).https_or_http().enable_http1().build();
        Ok(Self {
            http: Http::builder(TokioExecutor::new()).build(connector),
            base: base.trim_end_matches('/').to_owned(),
            key: key.to_owned(),
        })
    }

    async fn send(&self, request: Request<Payload>) -> Result<(u16, Bytes)> {
        let answer = self.http.request(request).await.with_context(|| format!("{} does not answer", self.base))?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.context("the answer broke off")?.to_bytes();
        Ok((status, body))
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: Payload,
    ) -> Result<Request<Payload>> {
        let mut builder = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("authorization", format!("Bearer {}", self.key));
        if let Some(content_type) = content_type {
            builder = builder.header("content-type", content_type);
        }
        Ok(builder.body(body)?)
    }

    /// The `data` of a JSON answer. When the key's limit is reached, it waits as long as it is told, within reason.
    ///
    /// # Errors
    /// The server's own words, when it refuses.
    pub async fn get(&self, path: &str) -> Result<Value> {
        for _ in 0..PATIENCE {
            let (status, body) = self.send(self.request(Method::GET, path, None, full(Bytes::new()))?).await?;
            match pause(status, &body) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return data(status, &body),
            }
        }
        bail!("the server refuses again and again: the limit of the key is reached");
    }

    /// As [`Client::get`], for a body.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.request(Method::POST, path, Some("application/json"), full(body.to_string()))?;
        let (status, body) = self.send(request).await?;
        data(status, &body)
    }

    /// Streams a file to `/v1/imports`; the job.
    ///
    /// # Errors
    /// As [`Client::get`]; the file cannot be read.
    pub async fn upload(&self, options: &Value, name: &str, content: Content) -> Result<Value> {
        let boundary = format!("kontor-{}", std::process::id());
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"options\"\r\nContent-Type: application/json\r\n\r\n{options}\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\nContent-Type: application/octet-stream\r\n\r\n",
            name.replace(['"', '\r', '\n'], "_")
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        let (feed, fed) = mpsc::channel(4);
        tokio::spawn(async move {
            let _ = feed.send(Ok(Bytes::from(head))).await;
            match content {
                Content::Bytes(bytes) => {
                    let _ = feed.send(Ok(Bytes::from_static(bytes))).await;
                }
                Content::File(mut file) => loop {
                    let mut chunk = vec![0; 256 * 1024];
                    match tokio::io::AsyncReadExt::read(&mut file, &mut chunk).await {
                        Ok(0) => break,
                        Ok(n) => {
                            chunk.truncate(n);
                            if feed.send(Ok(Bytes::from(chunk))).await.is_err() {
                                return;
                            }
                        }
                        Err(error) => {
                            let _ = feed.send(Err(error)).await;
                            return;
                        }
                    }
                },
            }
            let _ = feed.send(Ok(Bytes::from(tail))).await;
        });
        let content_type = format!("multipart/form-data; boundary={boundary}");
        let request = self.request(Method::POST, "/v1/imports", Some(&content_type), BodyExt::boxed(Fed(fed)))?;
        let (status, body) = self.send(request).await?;
        data(status, &body)
    }

    /// Writes the answer's bytes to a file as they come.
    ///
    /// # Errors
    /// As [`Client::get`]; the file cannot be written.
    pub async fn download(&self, path: &str, to: &Path) -> Result<u64> {
        let request = self.request(Method::GET, path, None, full(Bytes::new()))?;
        let mut answer = self.http.request(request).await.with_context(|| format!("{} does not answer", self.base))?;
        if !answer.status().is_success() {
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await?.to_bytes();
            return data(status, &body).map(|_| 0);
        }
        let mut file =
            tokio::fs::File::create(to).await.with_context(|| format!("{} cannot be written", to.display()))?;
        let mut written = 0;
        while let Some(frame) = answer.body_mut().frame().await {
            if let Ok(bytes) = frame.context("the download broke off")?.into_data() {
                tokio::io::AsyncWriteExt::write_all(&mut file, &bytes).await?;
                written += bytes.len() as u64;
            }
        }
        tokio::io::AsyncWriteExt::flush(&mut file).await?;
        Ok(written)
    }
}

/// What is uploaded.
pub enum Content {
    Bytes(&'static [u8]),
    File(tokio::fs::File),
}

/// How long a limit asks to wait, when it is not for hours.
fn pause(status: u16, body: &Bytes) -> Option<Duration> {
    let answer: Value = serde_json::from_slice(body).ok().filter(|_| status == 429)?;
    let seconds = answer.pointer("/retry/after_seconds")?.as_u64()?;
    (seconds <= 60).then(|| Duration::from_secs(seconds))
}

fn data(status: u16, body: &Bytes) -> Result<Value> {
    let answer: Value =
        serde_json::from_slice(body).map_err(|_| anyhow!("the server answered {status} without JSON"))?;
    if status < 400 {
        return Ok(answer.get("data").cloned().unwrap_or_default());
    }
    let text = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut message =
        format!("{} ({}): {}", text("title"), answer.get("error_code").unwrap_or(&Value::Null), text("detail"));
    for fault in answer.get("errors").and_then(Value::as_array).into_iter().flatten() {
        message.push_str(&format!(
            "\n  {}: {}",
            fault.get("field").and_then(Value::as_str).unwrap_or_default(),
            fault.get("message").and_then(Value::as_str).unwrap_or_default()
        ));
    }
    bail!(message)
}
