//! Who is told: a receiver of webhooks and a reader of the stream, each on a thread of its own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::wire;

const ANSWER: &[u8] = b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n";

/// When each numbered piece of news was first known somewhere.
#[derive(Clone)]
pub struct Known(Arc<Mutex<Inner>>);

struct Inner {
    /// What stands before the number.
    mark: String,
    at: Vec<Option<Instant>>,
    /// All that came, numbered or not, twice or not.
    count: usize,
    last: Option<Instant>,
}

impl Known {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Inner { mark: "\0".to_owned(), at: Vec::new(), count: 0, last: None })))
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets everything; from now on the numbers behind `mark` count.
    pub fn listen(&self, mark: &str) {
        *self.inner() = Inner { mark: mark.to_owned(), at: Vec::new(), count: 0, last: None };
    }

    pub fn hear(&self, number: usize) {
        let now = Instant::now();
        let mut inner = self.inner();
        if inner.at.len() <= number {
            inner.at.resize(number + 1, None);
        }
        if let Some(place) = inner.at.get_mut(number) {
            place.get_or_insert(now);
        }
    }

    /// Notes the first number of a message.
    fn read(&self, text: &[u8]) {
        let mark = self.inner().mark.clone();
        if let Some((number, _)) = numbered(text, mark.as_bytes()) {
            self.hear(number);
        }
        let mut inner = self.inner();
        inner.count += 1;
        inner.last = Some(Instant::now());
    }

    pub fn at(&self) -> Vec<Option<Instant>> {
        self.inner().at.clone()
    }

    pub fn count(&self) -> usize {
        self.inner().count
    }

    /// Waits until so many have come, or none for `patience`; how many, and when the last.
    pub fn wait(&self, count: usize, patience: Duration) -> (usize, Instant) {
        let begun = Instant::now();
        loop {
            let (have, last) = {
                let inner = self.inner();
                (inner.count, inner.last.unwrap_or(begun))
            };
            if have >= count || last.max(begun).elapsed() > patience {
                return (have, last);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The first number behind a mark, and where it ends.
fn numbered(text: &[u8], mark: &[u8]) -> Option<(usize, usize)> {
    let start = wire::find(text, mark)? + mark.len();
    let rest = text.get(start..)?;
    let length = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    let number = std::str::from_utf8(rest.get(..length)?).ok()?.parse().ok()?;
    Some((number, start + length))
}

/// A receiver that takes everything; its address.
pub fn receiver(known: Known) -> Result<String> {
    let (say, hear) = std::sync::mpsc::channel();
    std::thread::spawn(move || -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            say.send(listener.local_addr()?.to_string())?;
            loop {
                let (stream, _) = listener.accept().await?;
                let known = known.clone();
                tokio::spawn(async move { receive(stream, &known).await.ok() });
            }
        })
    });
    hear.recv().context("the receiver did not start")
}

async fn receive(mut stream: tokio::net::TcpStream, known: &Known) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut bytes = Vec::with_capacity(16_384);
    loop {
        if let Some(head) = wire::find(&bytes, b"\r\n\r\n") {
            let text = String::from_utf8_lossy(bytes.get(..head).unwrap_or_default()).to_ascii_lowercase();
            let length =
                text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
            let end = head + 4 + length.unwrap_or(0);
            if bytes.len() >= end {
                known.read(bytes.get(head..end).unwrap_or_default());
                stream.write_all(ANSWER).await?;
                bytes.drain(..end);
                continue;
            }
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    }
}

/// Reads the stream of events until it ends.
pub fn reader(address: &str, path: &str, headers: &str, known: Known) -> Result<()> {
    let mut stream = TcpStream::connect(address)?;
    let mut request = Vec::new();
    wire::request(&mut request, "GET", path, headers, b"");
    stream.write_all(&request)?;
    let mut bytes = Vec::new();
    let mut part = vec![0; 1 << 16];
    while wire::find(&bytes, b"\r\n\r\n").is_none() {
        match stream.read(&mut part)? {
            0 => bail!("the stream did not begin"),
            n => bytes.extend_from_slice(part.get(..n).unwrap_or_default()),
        }
    }
    if !bytes.starts_with(b"HTTP/1.1 200") {
        bail!("the stream was refused: {}", String::from_utf8_lossy(&bytes));
    }
    std::thread::spawn(move || {
        while let Ok(n @ 1..) = stream.read(&mut part) {
            bytes.extend_from_slice(part.get(..n).unwrap_or_default());
            let mark = known.inner().mark.clone();
            while let Some((number, end)) = numbered(&bytes, mark.as_bytes()) {
                known.hear(number);
                bytes.drain(..end);
            }
            // What may be the beginning of a mark stays.
            let spare = bytes.len().saturating_sub(64);
            if wire::find(&bytes, mark.as_bytes()).is_none() {
                bytes.drain(..spare);
            }
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_behind_their_mark() {
        assert_eq!(numbered(br#"{"last_name":"news-a-17","#, b"news-a-"), Some((17, 23)));
        assert_eq!(numbered(b"news-a-17", b"news-a-"), None, "more may come");
        assert_eq!(numbered(b"news-b-17 ", b"news-a-"), None);
    }

    #[test]
    fn the_first_time_counts() {
        let known = Known::new();
        known.listen("n-");
        known.read(b"\"n-2\"");
        let first = known.at();
        known.read(b"\"n-2\"");
        assert_eq!((known.at(), known.count(), first.len()), (first, 2, 3));
    }
}
