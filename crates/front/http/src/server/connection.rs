//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::header::{CONNECTION, HeaderValue, TRANSFER_ENCODING};
use hyper::service::service_fn;
use hyper::{Request, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::meter::Metered;
use super::paced::Paced;
use super::places::{Taken, UnderWay};
use super::timed::{Patience, Timed};
use super::{BEGIN_TIMEOUT, WRITE_TIMEOUT, socket};
use crate::Door;
use crate::tls::Tls;
use crate::via::{Side, Via};

/// How long a connection that is told to leave may take for it.
const LEAVE: Duration = Duration::from_secs(3);

/// What the connections of a listener have in common.
#[derive(Clone)]
pub struct Connection {
    pub door: Arc<Door>,
    pub builder: Arc<Builder<TokioExecutor>>,
    pub tls: Option<Arc<Tls>>,
    pub side: Side,
    /// True from when the process ends: requests under way are finished.
    pub stopped: watch::Receiver<bool>,
    /// Closed when nothing more is waited for.
    pub cut_off: watch::Receiver<()>,
}

impl Connection {
    /// Serves a connection until it ends.
    pub async fn run(mut self, socket: TcpStream, peer: SocketAddr, place: Taken) {
        socket::prepare(&socket);
        let socket = Timed::new(socket, Patience { begin: BEGIN_TIMEOUT, write: WRITE_TIMEOUT });
        let Some(tls) = self.tls.take() else {
            return self.serve(socket, peer, place, false).await;
        };
        let opened = tokio::select! {
            opened = timeout(BEGIN_TIMEOUT, tls.accept(socket)) => opened,
            () = place.place.given_up() => return,
            _ = self.cut_off.changed() => return,
        };
        match opened {
            Ok(Ok(Some(stream))) => self.serve(stream, peer, place, true).await,
            // It only wanted to see the certificate of a challenge.
            Ok(Ok(None)) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn serve<T>(mut self, stream: T, peer: SocketAddr, place: Taken, is_tls: bool)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let io = TokioIo::new(Metered::new(stream));
        let via = Via { side: self.side, is_tls };
        let (door, place) = (self.door.clone(), Arc::new(place));
        let guests = place.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let (door, under_way) = (door.clone(), guests.request());
            async move {
                let mut request = request.map(|body| Body::new(Paced::new(body)));
                request.extensions_mut().insert(via);
                let in_chunks =
                    request.version() == Version::HTTP_11 && request.headers().contains_key(TRANSFER_ENCODING);
                let mut answer = door.handle(request, Some(peer)).await;
                if in_chunks {
                    // It may have had a length too, which is gone by now; then the connection ends (RFC 9112, 6.3).
                    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(answer.map(|body| Answer { body, _under_way: under_way }))
            }
        });
        let connection = self.builder.serve_connection(io, service).into_owned();
        let mut connection = std::pin::pin!(connection);
        let mut leave = if place.place.is_leaving() { Leave::asked(&place) } else { Leave::No };
        let mut is_ending = *self.stopped.borrow();
        if is_ending {
            connection.as_mut().graceful_shutdown();
        }
        loop {
            tokio::select! {
                // What has come is read, and a goodbye is sent, before the connection is given up.
                biased;
                outcome = connection.as_mut() => {
                    if let Err(error) = outcome {
                        tracing::debug!(%error, "a connection ended early");
                    }
                    return;
                }
                () = place.place.told_to_leave(), if leave == Leave::No => leave = Leave::asked(&place),
                () = place.place.told_to_hurry(), if leave != Leave::No => {
                    if !place.place.is_busy() {
                        return;
                    }
                    leave = Leave::By(Instant::now());
                }
                () = sleep_until(leave.until()), if leave != Leave::No => match leave {
                    // A request that came at the same moment is answered.
                    Leave::Going(_) if !place.place.is_busy() => return,
                    _ => {
                        connection.as_mut().graceful_shutdown();
                        leave = Leave::Going(Instant::now() + LEAVE);
                    }
                },
                _ = self.stopped.changed(), if !is_ending => {
                    is_ending = true;
                    connection.as_mut().graceful_shutdown();
                }
                _ = self.cut_off.changed() => return,
            }
        }
    }
}

/// How far a connection is with leaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leave {
    No,
    /// Until then it may ask for the first time.
    By(Instant),
    /// It takes no more requests.
    Going(Instant),
}

impl Leave {
    fn asked(place: &Taken) -> Self {
        Leave::By(place.place.grace().unwrap_or_else(Instant::now))
    }

    fn until(self) -> Instant {
        match self {
            Leave::No => Instant::now(),
            Leave::By(at) | Leave::Going(at) => at,
        }
    }
}

/// An answer's body; the request is under way until it is gone.
struct Answer {
    body: Body,
    _under_way: UnderWay,
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
