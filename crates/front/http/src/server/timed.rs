//! A socket that may not stand still: one that does not begin, or reads what it asked for too slowly, is closed. And one
//! that is closed while the other side still writes gives it time to read the answer.

use std::future::Future;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// Bytes in which a connection shows which protocol it speaks (RFC 9113, 3.4).
const PREFACE: usize = 24;

/// Bytes that have to go out within [`Patience::write`] while the other side is waited for: half a kilobyte a second.
const LEAST: usize = 10_240;
/// How long, and how much, is still read from the other side behind the last answer. What arrives at a closed socket is
/// answered with a reset, which takes the answer away from the reader (RFC 9112, 9.6).
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 128 << 20;

/// The limits of one connection.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the first bytes.
    pub begin: Duration,
    /// For the other side to take [`LEAST`] bytes of what is written.
    pub write: Duration,
}

/// A socket with its limits.
pub struct Timed {
    socket: TcpStream,
    patience: Patience,
    read: usize,
    /// Runs while the first bytes are awaited.
    beginning: Option<Pin<Box<Sleep>>>,
    /// Runs while a write waits.
    writing: Pin<Box<Sleep>>,
    waits: bool,
    /// In this wait.
    written: usize,
    /// Runs behind the last answer, with the bytes that may still come.
    lingering: Option<(Pin<Box<Sleep>>, usize)>,
}

impl Timed {
    pub fn new(socket: TcpStream, patience: Patience) -> Self {
        Self {
            socket,
            patience,
            read: 0,
            beginning: Some(Box::pin(sleep(patience.begin))),
            writing: Box::pin(sleep(patience.write)),
            waits: false,
            written: 0,
            lingering: None,
        }
    }

    /// Passes a write's outcome on, or ends the connection when too little has gone out for too long. A few bytes now
    /// and then do not end a wait; [`Timed::poll_flush`] does.
    fn written(&mut self, cx: &mut Context<'_>, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match outcome {
            Poll::Ready(Ok(bytes)) => self.written += bytes,
            Poll::Ready(Err(_)) => return outcome,
            Poll::Pending if !self.waits => {
                self.waits = true;
                self.written = 0;
                self.writing.as_mut().reset(Instant::now() + self.patience.write);
            }
            Poll::Pending => {}
        }
        while self.waits && self.writing.as_mut().poll(cx).is_ready() {
            if self.written < LEAST {
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the other side does not read")));
            }
            self.written = 0;
            self.writing.as_mut().reset(Instant::now() + self.patience.write);
        }
        outcome
    }

    /// Reads and throws away until the other side ends.
    fn linger(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let (until, left) = self.lingering.get_or_insert_with(|| (Box::pin(sleep(LINGER)), LINGER_BYTES));
        let mut rubbish = [MaybeUninit::uninit(); 16 << 10];
        loop {
            if until.as_mut().poll(cx).is_ready() || *left == 0 {
                return Poll::Ready(Ok(()));
            }
            let mut rubbish = ReadBuf::uninit(&mut rubbish);
            match ready!(Pin::new(&mut self.socket).poll_read(cx, &mut rubbish)) {
                Ok(()) if !rubbish.filled().is_empty() => *left = left.saturating_sub(rubbish.filled().len()),
                _ => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl AsyncRead for Timed {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let outcome = Pin::new(&mut self.socket).poll_read(cx, buf);
        let Some(beginning) = &mut self.beginning else { return outcome };
        if outcome.is_pending() {
            ready!(beginning.as_mut().poll(cx));
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the connection does not begin")));
        }
        self.read += buf.filled().len() - before;
        if self.read >= PREFACE {
            self.beginning = None;
        }
        outcome
    }
}

impl AsyncWrite for Timed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.written(cx, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.socket).poll_write_vectored(cx, bufs);
        self.written(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Flushed is what has been written to the last byte.
        self.waits = false;
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            ready!(Pin::new(&mut self.socket).poll_shutdown(cx))?;
        }
        self.linger(cx)
    }
}
