//! Requests that no well-behaved client would send.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer as it came over the wire.
#[derive(Debug, Clone)]
pub struct RawReply {
    /// 0 when the connection was closed without an answer.
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl RawReply {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn error_code(&self) -> u64 {
        self.json().get("error_code").and_then(Value::as_u64).unwrap_or_default()
    }
}

/// Enough for the slowest machine; a server that holds the line this long fails the test.
const PATIENCE: Duration = Duration::from_secs(60);

/// Writes while it reads: a server may answer, and close, before it has everything.
///
/// With `close` this side says that nothing more will come.
pub async fn exchange(address: &str, bytes: &[u8], close: bool) -> RawReply {
    let stream = TcpStream::connect(address).await.expect("a connection");
    let (mut from, mut to) = stream.into_split();
    let bytes = bytes.to_vec();
    let writing = tokio::spawn(async move {
        to.write_all(&bytes).await.ok();
        if close {
            to.shutdown().await.ok();
        }
        to
    });
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, async {
        let mut part = [0_u8; 16 * 1024];
        // A reset after the answer is as good as an end.
        while let Ok(n @ 1..) = from.read(&mut part).await {
            answer.extend_from_slice(part.get(..n).unwrap_or_default());
        }
    });
    assert!(read.await.is_ok(), "the server neither answers nor closes");
    writing.abort();
    let split = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(answer.len());
    let head = String::from_utf8_lossy(answer.get(..split).unwrap_or_default()).into_owned();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    RawReply { status, head, body: answer.get(split + 4..).unwrap_or_default().to_vec() }
}
