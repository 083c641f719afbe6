//! Leads become companies, contacts and deals.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::client::Client;
use crate::load::{self, Caller, Plan};
use crate::stress::{Bench, Finding};
use crate::wire;

const CONNECTIONS: usize = 8;
const BATCH: u64 = 500;
/// More leads than can be converted in a second.
const A_SECOND: u64 = 3_000;

struct Conversions {
    headers: String,
    leads: Arc<Mutex<VecDeque<String>>>,
}

impl Caller for Conversions {
    fn next(&mut self, out: &mut Vec<u8>) {
        let lead = self.leads.lock().unwrap_or_else(PoisonError::into_inner).pop_front().unwrap_or_default();
        let body = json!({"deal": {"name": "First order", "amount": "100", "currency": "EUR"}}).to_string();
        wire::request(out, "POST", &format!("/v1/leads/{lead}/convert"), &self.headers, body.as_bytes());
    }
}

pub fn run(bench: &Bench<'_>) -> Result<Vec<Finding>> {
    let process = bench.kontor.start_with(bench.place, bench.home, &[])?;
    let plan = Plan {
        connections: CONNECTIONS,
        warm_up: Duration::from_secs(bench.options.warm_up),
        length: Duration::from_secs(bench.options.seconds),
    };
    let wanted = (bench.options.warm_up + bench.options.seconds) * A_SECOND;
    let mut client = Client::connect(&process.address, &bench.seeded.headers())?;
    let leads = leads(&mut client, wanted)?;
    process.settle(Duration::from_secs(20));
    let leads = Arc::new(Mutex::new(leads));
    let report = load::run(&process.address, plan, |_| {
        Box::new(Conversions { headers: bench.seeded.headers(), leads: leads.clone() })
    })?;
    process.stop()?;
    if !report.is_sound() {
        bail!("conversions were refused: {}", report.refusal.unwrap_or_default());
    }
    let value =
        format!("{:.0} (p50 {:.1} ms, p99 {:.1} ms)", report.per_second, as_ms(report.p50_us), as_ms(report.p99_us));
    let title = format!("leads converted to company, contact and deal, {CONNECTIONS} at once, /s");
    Ok(vec![Finding::new(title, value)])
}

fn as_ms(us: u64) -> f64 {
    f64::from(u32::try_from(us).unwrap_or(u32::MAX)) / 1e3
}

/// New leads, each of a company of its own; their ids.
fn leads(client: &mut Client, count: u64) -> Result<VecDeque<String>> {
    let mut ids = VecDeque::new();
    for first in (0..count).step_by(usize::try_from(BATCH)?) {
        let lead = |n: u64| {
            json!({"op": "create", "data": {"first_name": "Lea", "last_name": format!("Lead {n}"),
                "company_name": format!("Venture {n}"), "email": format!("lead.{n}@venture-{n}.example")}})
        };
        let operations: Vec<Value> = (first..(first + BATCH).min(count)).map(lead).collect();
        let body = json!({"atomic": true, "operations": operations}).to_string();
        let answer = client.json("POST", "/v1/leads/batch?allow_duplicates=true", body.as_bytes())?;
        let made = answer.pointer("/data").and_then(Value::as_array).context("a batch without results")?;
        ids.extend(made.iter().filter_map(|one| one.pointer("/data/id").and_then(Value::as_str).map(str::to_owned)));
    }
    if ids.is_empty() {
        bail!("no lead was made");
    }
    Ok(ids)
}
