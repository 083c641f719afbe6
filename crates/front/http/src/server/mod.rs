//! Connections: HTTP/1.1 and HTTP/2 on one port, plain or over TLS, bounded in number, size and time.

mod connection;
mod meter;
mod paced;
mod places;
mod socket;
mod timed;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use kontor_config::Config;
use tokio::net::TcpListener;
use tokio::sync::watch;

use self::connection::Connection;
use self::places::Places;
use crate::Door;
use crate::client::Proxies;
use crate::ratelimit::network;
use crate::tls::Tls;
use crate::via::Side;

pub use paced::is_slow;

/// How long a connection may take for its first bytes, and for its TLS handshake.
const BEGIN_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the other side may leave an answer unread.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// Room beyond the header limit, so that the door can answer 431000 itself.
const HEAD_ROOM: usize = 32 << 10;
const MAX_STREAMS: u32 = 100;
const MAX_RESETS: usize = 20;
const PING_EVERY: Duration = Duration::from_secs(20);
/// After a failed accept (no file descriptors left).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Connections that make room may be there so many at a time, as the limit of open files allows.
const FEWEST_LEAVERS: usize = 64;
const MOST_LEAVERS: usize = 1_024;
/// How often idle connections are looked for.
const SWEEP: Duration = Duration::from_millis(500);

/// How much a server takes on.
#[derive(Debug, Clone)]
pub struct ServerLimits {
    pub header_bytes: usize,
    pub connections: usize,
    /// Those that had to make room and are given time to end, beyond `connections`.
    pub leavers: usize,
    /// From one address; 0 is no limit.
    pub per_address: usize,
    /// How long a connection may be without a request.
    pub idle: Duration,
    /// For admitted requests when the process stops.
    pub grace: Duration,
    /// Many clients come from their addresses.
    pub proxies: Proxies,
}

impl From<&Config> for ServerLimits {
    fn from(config: &Config) -> Self {
        let most = socket::most_connections();
        let connections = config.connections.most.min(most);
        Self {
            header_bytes: config.request.header_limit_bytes,
            connections,
            leavers: (most - connections).clamp(FEWEST_LEAVERS, MOST_LEAVERS),
            per_address: config.connections.per_address,
            idle: config.connections.idle(),
            grace: config.shutdown.grace(),
            proxies: Proxies::new(&config.trusted_proxies),
        }
    }
}

/// A listening socket.
pub struct Server {
    listener: TcpListener,
    limits: ServerLimits,
    side: Side,
    tls: Option<Arc<Tls>>,
}

impl Server {
    /// Listens; connections wait in the backlog until [`Server::serve`].
    ///
    /// # Errors
    /// The address is taken or not this machine's.
    pub async fn bind(address: SocketAddr, limits: ServerLimits) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await?, limits, side: Side::Only, tls: None })
    }

    /// Which of the process's listeners it is.
    #[must_use]
    pub fn on(mut self, side: Side) -> Self {
        self.side = side;
        self
    }

    /// Connections are TLS, when there is a certificate to be.
    #[must_use]
    pub fn with_tls(mut self, tls: Option<Arc<Tls>>) -> Self {
        self.tls = tls;
        self
    }

    /// The certificate of its connections.
    pub fn tls(&self) -> Option<&Arc<Tls>> {
        self.tls.as_ref()
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
        let places =
            Places::new(self.limits.connections, self.limits.leavers, self.limits.per_address, self.limits.idle);
        let (stopping, stopped) = watch::channel(false);
        let (cut, cut_off) = watch::channel(());
        let template = Connection {
            door: door.clone(),
            builder: Arc::new(builder(&self.limits)),
            tls: self.tls.clone(),
            side: self.side,
            stopped,
            cut_off,
        };
        let mut stop = std::pin::pin!(stop);
        let mut sweep = tokio::time::interval(SWEEP);
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut stop => break,
                _ = sweep.tick() => {
                    places.sweep();
                    continue;
                }
                accepted = self.listener.accept() => accepted,
            };
            let (socket, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    places.make_room();
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let address = (!self.limits.proxies.trusts(peer.ip())).then(|| network(peer.ip()));
            // Dropped, the socket is closed: whoever comes to a full house is told so at once.
            let Some(place) = places.take(address) else { continue };
            tokio::spawn(template.clone().run(socket, peer, place));
        }
        drop(self.listener);
        door.ready().stop();
        stopping.send(true).ok();
        if tokio::time::timeout(self.limits.grace, places.emptied()).await.is_err() {
            tracing::warn!("requests were cut off: they took longer than shutdown.grace_ms");
        }
        drop(cut);
    }
}

fn builder(limits: &ServerLimits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    let head = limits.header_bytes.saturating_add(HEAD_ROOM);
    // Without pipeline_flush: it holds an answer back while bytes of a next request are there, and so loses it when the
    // connection ends with the answer (a client that sends one line break too many gets none).
    builder
        .http1()
        .timer(TokioTimer::new())
        // It runs from the end of the last answer, so it is the idle time as well.
        .header_read_timeout(limits.idle)
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
