//! A connection that may not stand still: one that does not begin, does not read what it asked for, or says nothing
//! for long is closed.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// Bytes in which a connection shows which protocol it speaks (RFC 9113, 3.4).
const PREFACE: usize = 24;

/// The limits of one connection.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the first bytes.
    pub begin: Duration,
    /// For the other side to take what is written.
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
        }
    }

    /// Passes a write's outcome on, or ends the connection when it has waited too long.
    fn written<T>(&mut self, cx: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.waits = false;
            return outcome;
        }
        if !self.waits {
            self.waits = true;
            self.writing.as_mut().reset(Instant::now() + self.patience.write);
        }
        ready!(self.writing.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the other side does not read")))
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
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
