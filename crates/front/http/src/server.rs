//! Connections: HTTP/1.1 and HTTP/2 (with prior knowledge) on one port, bounded in number, size and time.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use kontor_config::Config;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use crate::Door;
use crate::timed::{Patience, Timed};

/// How long a connection may take for the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the other side may leave an answer unread.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// Room beyond the header limit, so that the door can answer 431000 itself.
const HEAD_ROOM: usize = 32 << 10;
const MAX_STREAMS: u32 = 100;
const MAX_RESETS: usize = 20;
const PING_EVERY: Duration = Duration::from_secs(20);
/// After a failed accept (no file descriptors left).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How much a server takes on.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    pub header_bytes: usize,
    pub connections: usize,
    /// For admitted requests when the process stops.
    pub grace: Duration,
}

impl From<&Config> for ServerLimits {
    fn from(config: &Config) -> Self {
        Self { header_bytes: config.request.header_limit_bytes, connections: 16_384, grace: config.shutdown.grace() }
    }
}

/// A listening socket.
pub struct Server {
    listener: TcpListener,
    limits: ServerLimits,
}

impl Server {
    /// Listens; connections wait in the backlog until [`Server::serve`].
    ///
    /// # Errors
    /// The address is taken or not this machine's.
    pub async fn bind(address: SocketAddr, limits: ServerLimits) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await?, limits })
    }

    /// The address, with the port that was given for port 0.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop` is done; then takes no more connections, closes idle ones, finishes admitted requests
    /// within the grace period and cuts off the rest.
    pub async fn serve(self, door: Arc<Door>, stop: impl Future<Output = ()>) {
        let builder = Arc::new(builder(self.limits));
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let graceful = GracefulShutdown::new();
        let (cut, cut_off) = watch::channel(());
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = async {
                let place = places.clone().acquire_owned().await;
                (place, self.listener.accept().await)
            };
            let (place, accepted) = tokio::select! {
                biased;
                () = &mut stop => break,
                accepted = accepted => accepted,
            };
            let (socket, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let (builder, door, watcher, mut cut_off) =
                (builder.clone(), door.clone(), graceful.watcher(), cut_off.clone());
            tokio::spawn(async move {
                let io = TokioIo::new(timed(socket));
                let service = service_fn(move |request: hyper::Request<Incoming>| {
                    let door = door.clone();
                    async move { Ok::<_, Infallible>(door.handle(request.map(Body::new), Some(peer)).await) }
                });
                let connection = watcher.watch(builder.serve_connection(io, service).into_owned());
                tokio::select! {
                    outcome = connection => {
                        if let Err(error) = outcome {
                            tracing::debug!(%error, "a connection ended early");
                        }
                    }
                    _ = cut_off.changed() => {}
                }
                drop(place);
            });
        }
        drop(self.listener);
        door.ready().stop();
        if tokio::time::timeout(self.limits.grace, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests were cut off: they took longer than shutdown.grace_ms");
        }
        drop(cut);
    }
}

fn timed(socket: TcpStream) -> Timed {
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was not set");
    }
    Timed::new(socket, Patience { begin: HEAD_TIMEOUT, write: WRITE_TIMEOUT })
}

fn builder(limits: ServerLimits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    let head = limits.header_bytes.saturating_add(HEAD_ROOM);
    // Without pipeline_flush: it holds an answer back while bytes of a next request are there, and so loses it when the
    // connection ends with the answer (a client that sends one line break too many gets none).
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .keep_alive(true)
        .max_buf_size(head.max(8_192));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_pending_accept_reset_streams(MAX_RESETS)
        .max_local_error_reset_streams(MAX_RESETS * 4)
        .max_header_list_size(u32::try_from(head).unwrap_or(u32::MAX))
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_EVERY);
    builder
}
