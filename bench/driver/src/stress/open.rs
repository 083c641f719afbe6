//! The open loop: requests come when they are due, whether or not earlier ones were answered. A request whose time has
//! passed before a connection is free is left out and counted.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::load::Caller;
use crate::wire;

#[derive(Clone, Copy, Debug)]
pub struct Offer {
    pub connections: usize,
    pub per_second: f64,
    /// What is heard before it is not counted.
    pub warm_up: Duration,
    pub length: Duration,
    /// Where the connections come from.
    pub from: [u8; 4],
}

/// What was heard.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Sorted, of answers 2xx.
    pub served_us: Vec<u32>,
    /// 429 and 503.
    pub refused: usize,
    /// Of those, with `Retry-After`.
    pub refused_politely: usize,
    /// Anything else.
    pub failed: usize,
    pub failure: Option<String>,
    /// Due and not sent: no connection was free.
    pub unsent: usize,
    pub seconds: f64,
}

impl Heard {
    pub fn per_second(&self) -> f64 {
        f64::from(u32::try_from(self.served_us.len()).unwrap_or(u32::MAX)) / self.seconds
    }

    pub fn percentile_ms(&self, percent: usize) -> f64 {
        self.served_us.get(self.served_us.len() * percent / 100).map_or(0.0, |us| f64::from(*us) / 1e3)
    }
}

/// A request may go out so much later than it is due.
const LATE: Duration = Duration::from_millis(20);
/// No answer for so long is a failure.
const PATIENCE: Duration = Duration::from_secs(30);

pub fn run(address: &str, offer: Offer, caller: impl Fn(usize) -> Box<dyn Caller>) -> Result<Heard> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async {
        let mut streams = Vec::with_capacity(offer.connections);
        for _ in 0..offer.connections {
            streams.push(connect(address, offer.from).await?);
        }
        let plan = Rc::new(Plan { offer, start: Instant::now(), next: Cell::new(0) });
        let mut running = Vec::with_capacity(offer.connections);
        for (n, stream) in streams.into_iter().enumerate() {
            running.push(tokio::task::spawn_local(connection(stream, caller(n), plan.clone())));
        }
        let mut all = Heard { seconds: offer.length.as_secs_f64(), ..Heard::default() };
        for task in running {
            let one = task.await?;
            all.served_us.extend(one.served_us);
            all.refused += one.refused;
            all.refused_politely += one.refused_politely;
            all.failed += one.failed;
            all.unsent += one.unsent;
            all.failure = all.failure.or(one.failure);
        }
        all.served_us.sort_unstable();
        Ok(all)
    })
}

async fn connect(address: &str, from: [u8; 4]) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((from, 0)))?;
    let stream = socket.connect(address.parse()?).await.with_context(|| format!("connect to {address}"))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

struct Plan {
    offer: Offer,
    start: Instant,
    next: Cell<u32>,
}

impl Plan {
    /// When the next request is due; None behind the end.
    fn due(&self) -> Option<Instant> {
        let number = self.next.get();
        self.next.set(number + 1);
        let after = Duration::from_secs_f64(f64::from(number) / self.offer.per_second);
        (after < self.offer.warm_up + self.offer.length).then(|| self.start + after)
    }
}

async fn connection(mut stream: TcpStream, mut caller: Box<dyn Caller>, plan: Rc<Plan>) -> Heard {
    let mut heard = Heard::default();
    let (mut request, mut answer) = (Vec::with_capacity(2_048), Vec::with_capacity(65_536));
    let (begin, end) = (plan.start + plan.offer.warm_up, plan.start + plan.offer.warm_up + plan.offer.length);
    while let Some(due) = plan.due() {
        let now = Instant::now();
        let counts = due >= begin;
        if now > due + LATE {
            heard.unsent += usize::from(counts);
            continue;
        }
        tokio::time::sleep_until(due.into()).await;
        caller.next(&mut request);
        let sent = Instant::now();
        let exchanged = tokio::time::timeout(PATIENCE, exchange(&mut stream, &request, &mut answer)).await;
        let frame = match exchanged {
            Ok(Ok(frame)) => frame,
            other => {
                heard.failed += 1;
                heard.failure.get_or_insert_with(|| format!("{other:?}"));
                return heard;
            }
        };
        let body = answer.get(frame.body.clone()).unwrap_or_default();
        caller.heard(frame.status, body);
        let now = Instant::now();
        if !counts || now >= end {
            continue;
        }
        match frame.status {
            200..300 => heard.served_us.push(u32::try_from((now - sent).as_micros()).unwrap_or(u32::MAX)),
            429 | 503 => {
                let head = answer.get(..frame.body.start).unwrap_or_default().to_ascii_lowercase();
                heard.refused += 1;
                heard.refused_politely += usize::from(wire::find(&head, b"\r\nretry-after: ").is_some());
            }
            status => {
                heard.failed += 1;
                heard.failure.get_or_insert_with(|| format!("{status} {}", String::from_utf8_lossy(body)));
            }
        }
    }
    heard
}

async fn exchange(stream: &mut TcpStream, request: &[u8], answer: &mut Vec<u8>) -> Result<wire::Frame> {
    stream.write_all(request).await?;
    answer.clear();
    loop {
        if stream.read_buf(answer).await? == 0 {
            anyhow::bail!("the server closed a connection");
        }
        if let Some(frame) = wire::frame(answer)? {
            return Ok(frame);
        }
    }
}
