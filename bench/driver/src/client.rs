//! A blocking client for everything that is not measured: keys, metadata, cursors, seeding.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::wire;

pub struct Client {
    stream: TcpStream,
    headers: String,
    read: Vec<u8>,
    write: Vec<u8>,
}

pub struct Answer {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// What it sets, as a browser would send it back: `a=1; b=2`.
    pub fn cookies(&self) -> String {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let set = lines.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        set.filter_map(|(_, value)| value.trim().split(';').next()).collect::<Vec<_>>().join("; ")
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Client {
    /// `headers` are complete lines, each with its line end.
    pub fn connect(address: &str, headers: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("connect to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(120)))?;
        Ok(Self { stream, headers: headers.to_owned(), read: Vec::new(), write: Vec::new() })
    }

    /// Status and body.
    pub fn call(&mut self, method: &str, path: &str, body: &[u8]) -> Result<(u16, Vec<u8>)> {
        let mut request = std::mem::take(&mut self.write);
        wire::request(&mut request, method, path, &self.headers, body);
        let answer = self.exchange(&request).with_context(|| format!("{method} {path}"));
        self.write = request;
        answer.map(|answer| (answer.status, answer.body))
    }

    /// Sends a whole request, waits for the whole answer.
    pub fn exchange(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request)?;
        self.read.clear();
        let mut part = [0; 16_384];
        loop {
            if let Some(frame) = wire::frame(&self.read)? {
                let head = self.read.get(..frame.body.start).unwrap_or_default();
                return Ok(Answer {
                    status: frame.status,
                    head: String::from_utf8_lossy(head).into_owned(),
                    body: self.read.get(frame.body).unwrap_or_default().to_vec(),
                });
            }
            let got = self.stream.read(&mut part)?;
            if got == 0 {
                bail!("the server closed the connection");
            }
            self.read.extend_from_slice(part.get(..got).unwrap_or_default());
        }
    }

    /// The JSON of a 2xx answer; anything else is an error that shows its text.
    pub fn json(&mut self, method: &str, path: &str, body: &[u8]) -> Result<Value> {
        let (status, answer) = self.call(method, path, body)?;
        if !(200..300).contains(&status) {
            bail!(
                "{method} {path}: {status} {}",
                String::from_utf8_lossy(&answer).chars().take(500).collect::<String>()
            );
        }
        serde_json::from_slice(&answer).with_context(|| format!("{method} {path}: no JSON"))
    }
}
