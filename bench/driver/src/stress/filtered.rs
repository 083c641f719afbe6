//! The list of someone who sees one record in a hundred against the list of someone who sees all.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::{Bench, Finding};
use crate::client::Client;
use crate::load::{self, Caller, Plan, Report};
use crate::measure::median;
use crate::process::Process;
use crate::wire;

/// Longest that the filtered list may take, in times of the other.
const AIM: f64 = 1.5;
const PART: u64 = 100;
const BATCH: usize = 500;

struct List(String);

impl Caller for List {
    fn next(&mut self, out: &mut Vec<u8>) {
        wire::request(out, "GET", "/v1/contacts?limit=50", &self.0, b"");
    }
}

pub fn run(bench: &Bench<'_>) -> Result<Vec<Finding>> {
    // Both lists are of the database: nothing is kept.
    let process = bench.kontor.start_with(bench.place, bench.home, &[("KONTOR_CACHE_BYTES", "0")])?;
    let headers = owner(bench, &process)?;
    let plan = Plan {
        connections: bench.options.connections,
        warm_up: Duration::from_secs(bench.options.warm_up),
        length: Duration::from_secs(bench.options.seconds),
    };
    let (mut all, mut own) = (Vec::new(), Vec::new());
    for _ in 0..bench.options.rounds.max(1) {
        process.settle(Duration::from_secs(10));
        all.push(load::run(&process.address, plan, |_| Box::new(List(bench.seeded.headers())))?);
        own.push(load::run(&process.address, plan, |_| Box::new(List(headers.clone())))?);
    }
    process.stop()?;
    if let Some(refusal) = all.iter().chain(&own).find_map(|report| report.refusal.as_ref()) {
        bail!("a list was refused: {refusal}");
    }
    let rate = |reports: &[Report]| median(reports.iter().map(|report| report.per_second).collect());
    let times = rate(&all) / rate(&own);
    Ok(vec![
        Finding::new("page of 50 of all records, pages/s", format!("{:.0}", rate(&all))),
        Finding::new("page of 50 of who owns 1 % of them, pages/s", format!("{:.0}", rate(&own))),
        Finding::new("the filtered page against the other, times as long", format!("{times:.2}"))
            .aimed("≤ 1.5", times <= AIM),
    ])
}

/// Makes a role that reads its own, a user, and the user the owner of one contact in a hundred; the user's headers.
fn owner(bench: &Bench<'_>, process: &Process) -> Result<String> {
    let mut client = Client::connect(&process.address, &bench.seeded.headers())?;
    let mut made = |path: &str, body: &Value| -> Result<String> {
        let answer = client.json("POST", path, body.to_string().as_bytes())?;
        let id = answer.pointer("/data/id").and_then(Value::as_str).context("no id")?;
        Ok(id.to_owned())
    };
    let role = made("/v1/roles", &json!({"name": "bench-seller"}))?;
    made("/v1/permissions", &json!({"role_id": role, "target_object": "contact", "action": "*", "reach": "own"}))?;
    let user = made("/v1/users", &json!({"name": "Bench Seller"}))?;
    let count = usize::try_from(bench.place.rows / PART)?;
    let every = (bench.seeded.ids.len() / count.max(1)).max(1);
    let ids: Vec<&String> = bench.seeded.ids.iter().step_by(every).take(count).collect();
    for part in ids.chunks(BATCH) {
        let operations: Vec<Value> =
            part.iter().map(|id| json!({"op": "update", "id": id, "data": {"owner_id": user}})).collect();
        let body = json!({"atomic": true, "operations": operations}).to_string();
        client.json("POST", "/v1/contacts/batch", body.as_bytes())?;
    }
    let key = bench.kontor.key_of(bench.place, bench.home, &["--role", "bench-seller", "--user", &user])?;
    Ok(format!("authorization: Bearer {key}\r\n"))
}
