//! The closed loop: each connection sends, waits for the whole answer, and sends the next. One thread, as `wrk -t1`.

use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::wire;

/// Makes the requests of one connection, and may learn from the answers.
pub trait Caller {
    /// Writes the next request into `out`.
    fn next(&mut self, out: &mut Vec<u8>);
    /// Hears the answer to it.
    fn heard(&mut self, _status: u16, _body: &[u8]) {}
}

/// What one measurement gave.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub per_second: f64,
    pub p50_us: u64,
    pub p95_us: u64,
    pub p99_us: u64,
    pub requests: usize,
    pub refused: usize,
    /// The first answer that was not 2xx, for the operator.
    pub refusal: Option<String>,
}

impl Report {
    /// More than one refusal in a hundred is no measurement.
    pub fn is_sound(&self) -> bool {
        self.requests > 0 && self.refused * 100 <= self.requests
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub connections: usize,
    pub warm_up: Duration,
    pub length: Duration,
}

/// Past the end of a measurement, how long the last answers may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn run(address: &str, plan: Plan, caller: impl Fn(usize) -> Box<dyn Caller>) -> Result<Report> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tasks = tokio::task::LocalSet::new();
    let heard = tasks.block_on(&runtime, async {
        let start = Instant::now() + plan.warm_up;
        let window = Rc::new((start, start + plan.length));
        let mut running = Vec::with_capacity(plan.connections);
        for n in 0..plan.connections {
            let stream = TcpStream::connect(address).await.with_context(|| format!("connect to {address}"))?;
            stream.set_nodelay(true)?;
            running.push(tokio::task::spawn_local(connection(stream, caller(n), window.clone())));
        }
        let mut all = Heard::default();
        for task in running {
            let one = tokio::time::timeout(plan.warm_up + plan.length + PATIENCE, task)
                .await
                .context("an answer took too long")???;
            all.latencies_us.extend(one.latencies_us);
            all.refused += one.refused;
            all.refusal = all.refusal.or(one.refusal);
        }
        Ok::<_, anyhow::Error>(all)
    })?;
    Ok(summary(heard, plan.length))
}

#[derive(Default)]
struct Heard {
    latencies_us: Vec<u32>,
    refused: usize,
    refusal: Option<String>,
}

async fn connection(
    mut stream: TcpStream,
    mut caller: Box<dyn Caller>,
    window: Rc<(Instant, Instant)>,
) -> Result<Heard> {
    let mut heard = Heard { latencies_us: Vec::with_capacity(16_384), ..Heard::default() };
    let (mut request, mut answer) = (Vec::with_capacity(2_048), Vec::with_capacity(65_536));
    let (start, end) = *window;
    loop {
        caller.next(&mut request);
        let sent = Instant::now();
        if sent >= end {
            return Ok(heard);
        }
        stream.write_all(&request).await?;
        answer.clear();
        let frame = loop {
            if stream.read_buf(&mut answer).await? == 0 {
                bail!("the server closed a connection");
            }
            if let Some(frame) = wire::frame(&answer)? {
                break frame;
            }
        };
        let now = Instant::now();
        let body = answer.get(frame.body).unwrap_or_default();
        if !(200..300).contains(&frame.status) {
            heard.refused += usize::from(now >= start && now < end);
            heard.refusal.get_or_insert_with(|| {
                format!("{} {}", frame.status, String::from_utf8_lossy(body).chars().take(400).collect::<String>())
            });
        }
        caller.heard(frame.status, body);
        if now >= start && now < end {
            heard.latencies_us.push(u32::try_from(now.duration_since(sent).as_micros()).unwrap_or(u32::MAX));
        }
    }
}

/// A refusal is an answer, but not a served request.
fn summary(mut heard: Heard, length: Duration) -> Report {
    heard.latencies_us.sort_unstable();
    let count = heard.latencies_us.len();
    let at = |percent: usize| heard.latencies_us.get(count * percent / 100).copied().map_or(0, u64::from);
    let served = u32::try_from(count.saturating_sub(heard.refused)).unwrap_or(u32::MAX);
    Report {
        per_second: f64::from(served) / length.as_secs_f64(),
        p50_us: at(50),
        p95_us: at(95),
        p99_us: at(99),
        requests: count,
        refused: heard.refused,
        refusal: heard.refusal,
    }
}
