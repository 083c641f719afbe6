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
        wire::request(&mut self.write, method, path, &self.headers, body);
        self.stream.write_all(&self.write)?;
        self.read.clear();
        let mut part = [0; 16_384];
        loop {
            if let Some(frame) = wire::frame(&self.read)? {
                return Ok((frame.status, self.read.get(frame.body).unwrap_or_default().to_vec()));
            }
            let got = self.stream.read(&mut part)?;
            if got == 0 {
                bail!("{method} {path}: the server closed the connection");
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
