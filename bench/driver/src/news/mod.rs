//! News: from a commit to whoever listens, per bus; how many webhooks go out; what they cost who writes.
//! Latencies are from the moment at which the writer has read its answer: the commit was before.

mod sink;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::client::Client;
use crate::load::{self, Caller, Plan, Report};
use crate::measure::median;
use crate::process::Process;
use crate::stress::open::{self, Offer};
use crate::stress::{Bench, Finding};
use crate::wire;
use sink::Known;

/// Events a second while latencies are measured.
const OFFERED: f64 = 1_000.0;
const CONNECTIONS: usize = 64;
const HERE: [u8; 4] = [127, 0, 0, 1];
const KIND: &str = "kontor.contact.created";
/// Deliveries of the measurement of how many go out.
const DELIVERIES: usize = 10_000;
const BATCH: usize = 500;
/// Nothing more comes when nothing came for so long.
const PATIENCE: Duration = Duration::from_secs(30);
const EGRESS: (&str, &str) = ("KONTOR_EGRESS_ALLOW", "127.0.0.1/32");

pub fn run(bench: &Bench<'_>) -> Result<Vec<Finding>> {
    let mut all = Vec::new();
    let options = bench.options;
    let buses = [("the log", ""), ("NATS", options.nats_url.as_str()), ("RabbitMQ", options.rabbitmq_url.as_str())];
    for (bus, url) in buses {
        if !url.is_empty() && !is_there(url) {
            all.push(Finding::new(format!("{bus}: skipped, not reachable"), url));
            continue;
        }
        all.extend(latencies(bench, bus, url)?);
    }
    all.extend(deliveries(bench)?);
    all.extend(writes(bench)?);
    Ok(all)
}

/// Whether somebody listens at the address of a URL.
fn is_there(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.split('/').next().unwrap_or_default();
    std::net::TcpStream::connect(host).is_ok()
}

/// Creates contacts, each with the next number.
struct Numbered {
    mark: String,
    next: Arc<AtomicUsize>,
    headers: String,
    number: usize,
    /// When each was acknowledged.
    answered: Option<Known>,
}

impl Caller for Numbered {
    fn next(&mut self, out: &mut Vec<u8>) {
        self.number = self.next.fetch_add(1, Ordering::Relaxed);
        let body = contact(&self.mark, self.number).to_string();
        wire::request(out, "POST", "/v1/contacts?allow_duplicates=true", &self.headers, body.as_bytes());
    }

    fn heard(&mut self, status: u16, _: &[u8]) {
        if let Some(known) = self.answered.as_ref().filter(|_| status == 201) {
            known.hear(self.number);
        }
    }
}

fn contact(mark: &str, number: usize) -> Value {
    json!({"last_name": format!("{mark}{number}")})
}

/// A mark that no other run has used.
fn mark(what: &str) -> String {
    format!("news-{}-{what}-", std::process::id())
}

/// Endpoints at one address; their ids.
fn endpoints(client: &mut Client, address: &str, count: usize) -> Result<Vec<String>> {
    let body = json!({"url": format!("http://{address}/news"), "event_types": [KIND]}).to_string();
    let one = |client: &mut Client| -> Result<String> {
        let made = client.json("POST", "/v1/webhook_endpoints", body.as_bytes())?;
        Ok(made.pointer("/data/id").and_then(Value::as_str).context("an endpoint without an id")?.to_owned())
    };
    (0..count).map(|_| one(client)).collect()
}

fn remove(client: &mut Client, ids: &[String]) -> Result<()> {
    for id in ids {
        client.json("DELETE", &format!("/v1/webhook_endpoints/{id}"), b"")?;
    }
    Ok(())
}

/// Milliseconds from one to the other, sorted, and how many never came. What came before the answer took none.
fn spans(from: &[Option<Instant>], to: &[Option<Instant>], skip: usize) -> (Vec<f64>, usize) {
    let mut spans = Vec::new();
    let mut missing = 0;
    for (number, from) in from.iter().enumerate().skip(skip) {
        let Some(from) = from else { continue };
        match to.get(number).copied().flatten() {
            Some(to) => spans.push(to.saturating_duration_since(*from).as_secs_f64() * 1e3),
            None => missing += 1,
        }
    }
    spans.sort_by(f64::total_cmp);
    (spans, missing)
}

fn percentile(sorted: &[f64], percent: usize) -> f64 {
    sorted.get(sorted.len() * percent / 100).copied().unwrap_or_default()
}

fn latencies(bench: &Bench<'_>, bus: &str, url: &str) -> Result<Vec<Finding>> {
    let settings = [EGRESS, ("KONTOR_BROKER_URL", url)];
    let settings = if url.is_empty() { settings.get(..1).unwrap_or_default() } else { &settings };
    let process = bench.kontor.start_with(bench.place, bench.home, settings)?;
    let headers = bench.seeded.headers();
    let mut client = Client::connect(&process.address, &headers)?;
    let (answered, streamed, posted) = (Known::new(), Known::new(), Known::new());
    let address = sink::receiver(posted.clone())?;
    let made = endpoints(&mut client, &address, 1)?;
    let mark = mark(&bus.to_lowercase().replace(' ', "-"));
    for known in [&answered, &streamed, &posted] {
        known.listen(&mark);
    }
    sink::reader(&process.address, &format!("/v1/events/stream?type={KIND}"), &headers, streamed.clone())?;
    process.settle(Duration::from_secs(10));
    let length = Duration::from_secs(bench.options.seconds.max(5));
    let warm_up = Duration::from_secs(bench.options.warm_up);
    let offer = Offer { connections: CONNECTIONS, per_second: OFFERED, warm_up, length, from: HERE };
    let next = Arc::new(AtomicUsize::new(0));
    let heard = open::run(&process.address, offer, |_| {
        let (headers, answered) = (headers.clone(), Some(answered.clone()));
        Box::new(Numbered { mark: mark.clone(), next: next.clone(), headers, number: 0, answered })
    })?;
    let written = answered.at().iter().flatten().count();
    posted.wait(written, PATIENCE);
    remove(&mut client, &made)?;
    process.stop()?;
    let all = answered.at();
    // What was written before the measurement began is not counted.
    let skip = all.len() * usize::try_from(warm_up.as_secs())? / usize::try_from((warm_up + length).as_secs())?;
    let mut findings = vec![Finding::new(
        format!("{bus}: written, /s, p50 / p99"),
        format!(
            "{:.0}, {:.1} / {:.1} ms ({} not sent, {} failed)",
            heard.per_second(),
            heard.percentile_ms(50),
            heard.percentile_ms(99),
            heard.unsent,
            heard.failed + heard.refused
        ),
    )];
    for (what, known, aim, text) in [
        ("a reader of the stream", &streamed, 50.0, "p99 < 50 ms, all"),
        ("a signed webhook received", &posted, 100.0, "p99 < 100 ms, all"),
    ] {
        let (spans, missing) = spans(&all, &known.at(), skip);
        let (p50, p99) = (percentile(&spans, 50), percentile(&spans, 99));
        let value = format!("{p50:.1} / {p99:.1} ms ({} of them, {missing} never came)", spans.len());
        let is_met = !spans.is_empty() && p99 < aim && missing == 0;
        findings.push(Finding::new(format!("{bus}: acknowledged → {what}, p50 / p99"), value).aimed(text, is_met));
    }
    Ok(findings)
}

/// How many go out when many wait, against what the same HTTP client posts.
fn deliveries(bench: &Bench<'_>) -> Result<Vec<Finding>> {
    let process = bench.kontor.start_with(bench.place, bench.home, &[EGRESS])?;
    let mut client = Client::connect(&process.address, &bench.seeded.headers())?;
    let posted = Known::new();
    let address = sink::receiver(posted.clone())?;
    let made = endpoints(&mut client, &address, 1)?;
    let id = made.first().context("no endpoint")?;
    let at = format!("/v1/webhook_endpoints/{id}");
    client.json("PATCH", &at, br#"{"enabled": false}"#)?;
    let mark = mark("many");
    for first in (0..DELIVERIES).step_by(BATCH) {
        let operations: Vec<Value> =
            (first..first + BATCH).map(|n| json!({"op": "create", "data": contact(&mark, n)})).collect();
        let body = json!({"atomic": true, "operations": operations}).to_string();
        client.json("POST", "/v1/contacts/batch?allow_duplicates=true", body.as_bytes())?;
    }
    process.settle(Duration::from_secs(10));
    posted.listen(&mark);
    client.json("PATCH", &at, br#"{"enabled": true}"#)?;
    let begun = Instant::now();
    client.json("POST", &format!("{at}/recover"), br#"{"since": "2020-01-01T00:00:00Z"}"#)?;
    let (came, last) = posted.wait(DELIVERIES, PATIENCE);
    let seconds = last.saturating_duration_since(begun).as_secs_f64().max(1e-3);
    let rate = f64::from(u32::try_from(came)?) / seconds;
    remove(&mut client, &made)?;
    process.stop()?;
    let connecting = plainly(&address, &posted, 0)?;
    let keeping = plainly(&address, &posted, CONNECTIONS)?;
    Ok(vec![
        Finding::new("webhook deliveries to one endpoint, /s", format!("{rate:.0} ({came} of {DELIVERIES})")),
        Finding::new(
            "the same HTTP client without signature and log, a connection each, /s",
            format!("{connecting:.0}"),
        ),
        Finding::new("the same, connections kept, /s", format!("{keeping:.0}")),
        Finding::new(
            "deliveries against the client, a connection each / kept",
            format!("{:.2} / {:.2}", rate / connecting, rate / keeping),
        )
        .aimed("≥ 0.5", rate / connecting >= 0.5),
    ])
}

/// What the HTTP client of the product posts when it does nothing else; `kept` connections stay open.
fn plainly(address: &str, posted: &Known, kept: usize) -> Result<f64> {
    let mark = mark("plain");
    posted.listen(&mark);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(kept).build()?;
    let url = format!("http://{address}/plain");
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    runtime.block_on(async {
        let mut tasks = Vec::new();
        for _ in 0..CONNECTIONS {
            let (client, url, next, mark) = (client.clone(), url.clone(), next.clone(), mark.clone());
            tasks.push(tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= DELIVERIES {
                        return Ok::<_, anyhow::Error>(());
                    }
                    // As long as an event of a contact is.
                    let body = format!("{{\"last_name\":\"{mark}{number}\",\"rest\":\"{}\"}}", "x".repeat(1_200));
                    client.post(&url).header("content-type", "application/json").body(body).send().await?;
                }
            }));
        }
        for task in tasks {
            task.await??;
        }
        Ok::<_, anyhow::Error>(())
    })?;
    Ok(f64::from(u32::try_from(posted.count())?) / begun.elapsed().as_secs_f64())
}

/// Writes a second with nobody told, one in ten told, and many.
fn writes(bench: &Bench<'_>) -> Result<Vec<Finding>> {
    const COUNTS: [usize; 3] = [0, 10, 100];
    let plan = Plan {
        connections: bench.options.connections,
        warm_up: Duration::from_secs(bench.options.warm_up),
        length: Duration::from_secs(bench.options.seconds),
    };
    let mut rates: [Vec<f64>; 3] = Default::default();
    for round in 0..bench.options.rounds.max(1) {
        for (count, rates) in COUNTS.into_iter().zip(&mut rates) {
            let process = bench.kontor.start_with(bench.place, bench.home, &[EGRESS])?;
            rates.push(written(bench, &process, plan, count, round)?.per_second);
            process.stop()?;
        }
    }
    let rates = rates.map(median);
    let [none, _, _] = rates;
    let finding = |(count, rate): (usize, f64)| {
        let part = rate / none;
        let finding =
            Finding::new(format!("writes with {count} endpoints told of each, /s"), format!("{rate:.0} ({part:.2})"));
        if count == 0 { finding } else { finding.aimed("≥ 0.90", part >= 0.9) }
    };
    Ok(COUNTS.into_iter().zip(rates).map(finding).collect())
}

fn written(bench: &Bench<'_>, process: &Process, plan: Plan, count: usize, round: usize) -> Result<Report> {
    let headers = bench.seeded.headers();
    let mut client = Client::connect(&process.address, &headers)?;
    let posted = Known::new();
    let address = sink::receiver(posted.clone())?;
    let made = endpoints(&mut client, &address, count)?;
    let mark = mark(&format!("write-{count}-{round}"));
    posted.listen(&mark);
    process.settle(Duration::from_secs(10));
    let next = Arc::new(AtomicUsize::new(0));
    let report = load::run(&process.address, plan, |_| {
        let headers = headers.clone();
        Box::new(Numbered { mark: mark.clone(), next: next.clone(), headers, number: 0, answered: None })
    })?;
    // What is left is not sent: the next measurement has the machine for itself.
    remove(&mut client, &made)?;
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_from_one_to_the_other() {
        let now = Instant::now();
        let later = |ms: u64| Some(now + Duration::from_millis(ms));
        let (spans, missing) =
            spans(&[later(0), later(5), None, later(9), later(9)], &[later(9), later(15), later(1), later(7)], 1);
        assert_eq!((spans, missing), (vec![0.0, 10.0], 1));
    }

    #[test]
    fn addresses_are_found_in_urls() {
        assert!(!is_there("amqp://guest:guest@127.0.0.1:1/%2f"));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        assert!(is_there(&format!("amqp://guest:guest@{}/vhost", listener.local_addr().unwrap())));
    }
}
