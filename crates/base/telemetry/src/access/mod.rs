//! The request log: one line per request.

mod line;

use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use kontor_config::{AccessTarget, Config};

use crate::sink::Sink;
use crate::{is_json, metrics};

/// What is logged of a request. Texts longer than 256 bytes are cut.
#[derive(Clone, Copy, Debug, Default)]
pub struct Entry<'a> {
    /// When the answer was complete, in milliseconds since 1970 (UTC).
    pub time_ms: i64,
    pub request_id: &'a str,
    /// 32 hexadecimal digits of W3C Trace Context.
    pub trace_id: Option<&'a str>,
    pub method: &'a str,
    /// The template, as `/v1/deals/{id}/win`; never the path, which may hold personal data.
    pub route: &'a str,
    pub status: u16,
    /// network, protocol, business or system.
    pub error_type: Option<&'a str>,
    /// Status × 1000 + n.
    pub error_code: Option<u32>,
    pub duration: Duration,
    /// The part of `duration` spent waiting for the store.
    pub db: Duration,
    pub retry_count: u32,
    pub downstream_service: Option<&'a str>,
    pub space: Option<&'a str>,
    /// The API key's or OAuth client's id, never its secret.
    pub key_id: Option<&'a str>,
    /// The client's address: the connection's other end, or what a trusted proxy says.
    pub client_ip: Option<&'a str>,
}

/// A handle of the request log.
#[derive(Clone)]
pub struct AccessLog(Option<Open>);

#[derive(Clone)]
struct Open {
    sink: Arc<Sink>,
    json: bool,
}

thread_local! {
    static LINE: RefCell<Vec<u8>> = RefCell::new(Vec::with_capacity(1024));
}

impl AccessLog {
    /// The request log of this configuration.
    ///
    /// # Errors
    /// When the writer thread cannot be started.
    pub fn open(config: &Config) -> io::Result<Self> {
        match config.log.access {
            AccessTarget::Off => Ok(Self::off()),
            AccessTarget::Stdout => Self::to(io::stdout(), is_json(config.log.format, &io::stdout())),
            AccessTarget::Stderr => Self::to(io::stderr(), is_json(config.log.format, &io::stderr())),
        }
    }

    /// A request log that goes to `out`, as JSON lines or as text for people.
    ///
    /// # Errors
    /// When the writer thread cannot be started.
    pub fn to(out: impl io::Write + Send + 'static, json: bool) -> io::Result<Self> {
        let dropped = metrics::counter("log_lines_dropped_total", "Lines of the request log that were lost.", &[]);
        Ok(Self(Some(Open { sink: Sink::start(out, dropped)?, json })))
    }

    /// A request log that goes nowhere.
    #[must_use]
    pub fn off() -> Self {
        Self(None)
    }

    /// Logs a request. Returns at once, unless the output is more than 4 MiB behind: then it may wait for 5 ms, and
    /// a line that finds no room is dropped and counted in `log_lines_dropped_total`.
    pub fn write(&self, entry: &Entry<'_>) {
        let Some(open) = &self.0 else { return };
        LINE.with_borrow_mut(|line| {
            line.clear();
            if open.json {
                line::push_json_line(line, entry);
            } else {
                line::push_text_line(line, entry);
            }
            open.sink.push(line);
        });
    }

    /// Writes what is buffered and stops; lines logged later are dropped.
    pub fn close(&self) {
        if let Some(open) = &self.0 {
            open.sink.close();
        }
    }
}
