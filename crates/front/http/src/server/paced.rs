//! A request's body that has to come at some pace: waiting for one costs a place.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

/// How long is looked back.
const WINDOW: Duration = Duration::from_secs(10);
/// Bytes that have to come in it: half a kilobyte a second.
const LEAST: usize = 5_120;

/// A body that came too slowly.
#[derive(Debug)]
pub struct Slow;

impl fmt::Display for Slow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fewer than {LEAST} bytes of the body came in {} s", WINDOW.as_secs())
    }
}

impl std::error::Error for Slow {}

/// Whether this is why a body could not be read.
pub fn is_slow(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|error| error.is::<Slow>())
}

/// A body with its pace. Only waiting for the other side counts, not what the reader does between two looks.
pub struct Paced<B> {
    body: B,
    /// Runs since the body was first waited for in this window.
    window: Option<Pin<Box<Sleep>>>,
    bytes: usize,
    /// Whether the last look found nothing.
    waits: bool,
}

impl<B> Paced<B> {
    pub fn new(body: B) -> Self {
        Self { body, window: None, bytes: 0, waits: false }
    }
}

impl<B> Body for Paced<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let is_over = self.window.as_ref().is_some_and(|window| window.deadline() <= Instant::now());
        // It ended while the reader was away: begin anew.
        if is_over && !self.waits {
            self.window = None;
        }
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            let waited = std::mem::take(&mut self.waits);
            if let Some(Ok(frame)) = &frame {
                self.bytes += frame.data_ref().map_or(0, Bytes::len);
                // It came with the end of the window.
                if waited && is_over && self.bytes < LEAST {
                    return Poll::Ready(Some(Err(Box::new(Slow))));
                }
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        self.waits = true;
        loop {
            if self.window.is_none() {
                self.bytes = 0;
            }
            let window = self.window.get_or_insert_with(|| Box::pin(sleep(WINDOW)));
            if window.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            if self.bytes < LEAST {
                return Poll::Ready(Some(Err(Box::new(Slow))));
            }
            self.window = None;
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body as Any;
    use futures::stream;
    use http_body_util::BodyExt;
    use std::convert::Infallible;

    /// `count` pieces of `size` bytes, one each `gap`.
    fn dripping(count: usize, size: usize, gap: Duration) -> Any {
        Any::from_stream(stream::unfold(0, move |sent| async move {
            if sent == count {
                return None;
            }
            tokio::time::sleep(gap).await;
            Some((Ok::<_, Infallible>(Bytes::from(vec![b'x'; size])), sent + 1))
        }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_drip_is_cut_off_within_the_window() {
        for (count, gap) in [(1_000, Duration::from_secs(1)), (1, Duration::from_secs(3_600))] {
            let begun = Instant::now();
            let error = Any::new(Paced::new(dripping(count, 1, gap))).collect().await.unwrap_err();
            assert!(is_slow(&error), "{error}");
            assert_eq!(begun.elapsed().as_secs(), 10);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_keeps_the_pace_may_take_long() {
        let body = Any::new(Paced::new(dripping(600, 600, Duration::from_secs(1))));
        assert_eq!(body.collect().await.unwrap().to_bytes().len(), 360_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_is_away_is_not_the_senders_fault() {
        let mut body = Paced::new(dripping(6, 1, Duration::from_secs(4)));
        let mut read = 0;
        while let Some(frame) = body.frame().await {
            read += frame.unwrap().into_data().unwrap().len();
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        assert_eq!(read, 6);
    }
}
