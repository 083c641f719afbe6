//! What a connection sends besides requests. HTTP/2 has frames that cost the sender nothing and the receiver work: PING,
//! SETTINGS, PRIORITY, RST_STREAM, empty DATA, CONTINUATION (CVE-2019-9511 to -9518, CVE-2023-44487, CVE-2024-27316).
//! They are counted against a budget that comes back slowly, and with every answer that is written.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What HTTP/2 begins with (RFC 9113, 3.4), and its length.
const BEGIN: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEAD: usize = 9;
/// Frames at once: a browser that cancels a page of streams is far from it.
const BURST: u64 = 2_000;
/// Frames that come back in a second.
const PER_SECOND: u64 = 200;
/// Written bytes that earn the other side one more: it has windows to open.
const WRITTEN: u64 = 4_096;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const END_STREAM: u8 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// So many bytes of the beginning have been seen.
    Begins(usize),
    /// Not HTTP/2.
    Other,
    /// So many bytes of a frame's head.
    Head(usize),
    /// So many bytes of a frame are left.
    Payload(usize),
}

/// Counts the frames of one connection.
#[derive(Debug)]
pub struct Meter {
    state: State,
    head: [u8; HEAD],
    left: u64,
    written: u64,
    refilled: Instant,
}

impl Meter {
    pub fn new(now: Instant) -> Self {
        Self { state: State::Begins(0), head: [0; HEAD], left: BURST, written: 0, refilled: now }
    }

    /// Looks at what was read; false when the budget is used up.
    pub fn read(&mut self, mut bytes: &[u8], now: Instant) -> bool {
        let mut is_within = true;
        while let Some((first, rest)) = bytes.split_first() {
            match self.state {
                State::Other => return true,
                State::Begins(seen) => {
                    if BEGIN.get(seen) != Some(first) {
                        self.state = State::Other;
                        return true;
                    }
                    self.state = if seen + 1 == BEGIN.len() { State::Head(0) } else { State::Begins(seen + 1) };
                    bytes = rest;
                }
                State::Head(seen) => {
                    if let Some(place) = self.head.get_mut(seen) {
                        *place = *first;
                    }
                    bytes = rest;
                    if seen + 1 < HEAD {
                        self.state = State::Head(seen + 1);
                        continue;
                    }
                    let [a, b, c, kind, flags, ..] = self.head;
                    let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
                    self.state = if length == 0 { State::Head(0) } else { State::Payload(length) };
                    let is_free = kind == HEADERS || kind == DATA && (length > 0 || flags & END_STREAM != 0);
                    is_within &= is_free || self.spend(now);
                }
                State::Payload(left) => {
                    let taken = left.min(bytes.len());
                    bytes = bytes.get(taken..).unwrap_or_default();
                    self.state = if left == taken { State::Head(0) } else { State::Payload(left - taken) };
                }
            }
        }
        is_within
    }

    /// An answer earns the frames that its reader sends for it.
    pub fn wrote(&mut self, bytes: usize) {
        self.written += bytes as u64;
        self.left = (self.left + self.written / WRITTEN).min(BURST);
        self.written %= WRITTEN;
    }

    fn spend(&mut self, now: Instant) -> bool {
        if self.left == 0 {
            let since = u64::try_from(now.saturating_duration_since(self.refilled).as_millis()).unwrap_or(u64::MAX);
            let back = since.saturating_mul(PER_SECOND) / 1_000;
            self.left = back.min(BURST);
            self.refilled = now;
        }
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => return false,
        }
        true
    }
}

/// A connection, above TLS, whose frames are counted.
pub struct Metered<T> {
    inner: T,
    meter: Meter,
}

impl<T> Metered<T> {
    pub fn new(inner: T) -> Self {
        Self { inner, meter: Meter::new(Instant::now()) }
    }

    fn wrote(&mut self, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = outcome {
            self.meter.wrote(bytes);
        }
        outcome
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Metered<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let outcome = Pin::new(&mut self.inner).poll_read(cx, buf);
        let new = buf.filled().get(before..).unwrap_or_default();
        if self.meter.state == State::Other || new.is_empty() || self.meter.read(new, Instant::now()) {
            return outcome;
        }
        Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionAborted, "more frames than requests (RFC 9113, 10.5)")))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Metered<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.wrote(outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.wrote(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    const PING: u8 = 6;

    fn frame(kind: u8, flags: u8, length: usize) -> Vec<u8> {
        let [.., a, b, c] = u32::try_from(length).unwrap().to_be_bytes();
        [vec![a, b, c, kind, flags, 0, 0, 0, 1], vec![0; length]].concat()
    }

    fn begun(now: Instant) -> Meter {
        let mut meter = Meter::new(now);
        assert!(meter.read(BEGIN, now));
        meter
    }

    /// Frames of a kind until the budget is used up, at most 100,000.
    fn until_refused(meter: &mut Meter, frame: &[u8], now: Instant) -> usize {
        (0..100_000).take_while(|_| meter.read(frame, now)).count()
    }

    #[test]
    fn pings_are_counted_and_requests_are_not() {
        let now = Instant::now();
        for kind in 2..=9 {
            assert_eq!(until_refused(&mut begun(now), &frame(kind, 0, 8), now), 2_000, "{kind}");
        }
        assert_eq!(until_refused(&mut begun(now), &frame(DATA, 0, 0), now), 2_000);
        for free in [frame(HEADERS, 4, 40), frame(DATA, 0, 100), frame(DATA, END_STREAM, 0)] {
            assert_eq!(until_refused(&mut begun(now), &free, now), 100_000);
        }
    }

    #[test]
    fn the_budget_comes_back_with_time_and_with_answers() {
        let now = Instant::now();
        let mut meter = begun(now);
        let ping = frame(PING, 0, 8);
        assert_eq!(until_refused(&mut meter, &ping, now), 2_000);
        assert_eq!(until_refused(&mut meter, &ping, now + Duration::from_secs(1)), 200);
        meter.wrote(40_960);
        assert_eq!(until_refused(&mut meter, &ping, now + Duration::from_secs(1)), 10);
    }

    #[test]
    fn other_protocols_are_left_alone() {
        let now = Instant::now();
        let mut meter = Meter::new(now);
        assert!(meter.read(b"PRINT / HTTP/1.1\r\n", now) && meter.state == State::Other);
        assert_eq!(until_refused(&mut meter, &frame(PING, 0, 8), now), 100_000);
    }

    proptest! {
        #[test]
        fn how_the_bytes_are_cut_does_not_matter(
            frames in prop::collection::vec((0_u8..12, 0_u8..8, 0_usize..70), 1..60),
            cut in 1_usize..40,
        ) {
            let now = Instant::now();
            let bytes: Vec<u8> = frames.iter().flat_map(|(kind, flags, length)| frame(*kind, *flags, *length)).collect();
            let (mut whole, mut pieces) = (begun(now), begun(now));
            whole.read(&bytes, now);
            bytes.chunks(cut).for_each(|piece| {
                let _ = pieces.read(piece, now);
            });
            prop_assert_eq!((whole.left, whole.state), (pieces.left, pieces.state));
            prop_assert_eq!(whole.state, State::Head(0));
        }
    }
}
