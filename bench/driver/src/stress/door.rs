//! What the whole door costs: the same routes behind it and without it, on the same database, in alternation.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{Bench, Finding};
use crate::client::Client;
use crate::load::{self, Caller, Plan};
use crate::measure::median;
use crate::options::Backend;
use crate::process::{self, Process};
use crate::{tokens, wire};

/// Least part of the throughput that is left behind the door.
const AIM: f64 = 0.8;

/// Limits are counted, and so far away that nothing is refused; no answer is kept, for without the door none is.
const SETTINGS: [(&str, &str); 9] = [
    ("KONTOR_CACHE_BYTES", "0"),
    ("KONTOR_LIMITS", "on"),
    ("KONTOR_RATE_KEY_PER_SECOND", FAR),
    ("KONTOR_RATE_KEY_BURST", FAR),
    ("KONTOR_RATE_KEY_PER_DAY", "0"),
    ("KONTOR_RATE_SPACE_PER_SECOND", FAR),
    ("KONTOR_RATE_SPACE_BURST", FAR),
    ("KONTOR_RATE_IP_PER_SECOND", FAR),
    ("KONTOR_RATE_IP_BURST", FAR),
];
const FAR: &str = "100000";

/// One request, again and again, of ids spread over the table.
struct Reads {
    headers: String,
    ids: Vec<String>,
    next: usize,
    page: bool,
}

impl Caller for Reads {
    fn next(&mut self, out: &mut Vec<u8>) {
        self.next = (self.next + 7_919) % self.ids.len().max(1);
        let id = self.ids.get(self.next).map_or("0", String::as_str);
        let path = if self.page { "/v1/contacts?limit=50".to_owned() } else { format!("/v1/contacts/{id}") };
        wire::request(out, "GET", &path, &self.headers, b"");
    }
}

pub fn run(bench: &Bench<'_>) -> Result<Vec<Finding>> {
    let plan = Plan {
        connections: bench.options.connections,
        warm_up: Duration::from_secs(bench.options.warm_up),
        length: Duration::from_secs(bench.options.seconds),
    };
    let key = bench.kontor.key_of(bench.place, bench.home, &["--role", "admin"])?;
    let mut findings = Vec::new();
    for (page, title) in [(false, "read by id"), (true, "page of 50")] {
        let (mut bare, mut keyed, mut signed) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..bench.options.rounds.max(1) {
            let caller = |headers: &str| {
                let (headers, ids) = (headers.to_owned(), bench.seeded.ids.clone());
                move |n: usize| -> Box<dyn Caller> {
                    Box::new(Reads { headers: headers.clone(), ids: ids.clone(), next: n * 313, page })
                }
            };
            let server = without(bench)?;
            server.settle(Duration::from_secs(10));
            bare.push(measured(&server, plan, caller(""))?);
            server.stop()?;
            let server = bench.kontor.start_with(bench.place, bench.home, &SETTINGS)?;
            let authorization = format!("authorization: Bearer {key}\r\n");
            let token = format!("authorization: Bearer {}\r\n", tokens::of_program(&server, &authorization)?);
            server.settle(Duration::from_secs(10));
            keyed.push(measured(&server, plan, caller(&authorization))?);
            signed.push(measured(&server, plan, caller(&token))?);
            server.stop()?;
        }
        let (bare, keyed, signed) = (median(bare), median(keyed), median(signed));
        findings.push(Finding::new(format!("{title} without the door, /s"), format!("{bare:.0}")));
        for (rate, how) in [(keyed, "an API key"), (signed, "an access token (JWT)")] {
            let left = rate / bare;
            findings.push(
                Finding::new(format!("{title} through the door with {how}"), format!("{rate:.0} ({left:.2}×)"))
                    .aimed("≥ 0.8×", left >= AIM),
            );
        }
    }
    Ok(findings)
}

fn measured<C: Fn(usize) -> Box<dyn Caller>>(server: &Process, plan: Plan, caller: C) -> Result<f64> {
    let report = load::run(&server.address, plan, caller)?;
    match report.refusal {
        Some(refusal) => bail!("a read was refused: {refusal}"),
        None => Ok(report.per_second),
    }
}

/// The engine and the routes alone, on the run's copy.
fn without(bench: &Bench<'_>) -> Result<Process> {
    let binary = std::env::current_exe()?.with_file_name("kontor-bench-bare");
    let binary = binary.canonicalize().with_context(|| format!("{} is not built", binary.display()))?;
    let address = process::free_address()?;
    let mut command = Command::new(binary);
    command.args(["--listen", &address, "--space", &space(bench)?]);
    match bench.place.backend {
        Backend::Sqlite => command.arg("--sqlite").arg(bench.home.data.join("kontor.db")),
        Backend::Postgres => command.arg("--postgres").arg(bench.place.url(bench.home.database)),
    };
    let first = format!("/v1/contacts/{}", bench.seeded.ids.first().map_or("0", String::as_str));
    Process::start(command, address, &first, "", &bench.place.log("bare.log"))
}

/// The space of the benchmark's records, as the product says it of its key.
fn space(bench: &Bench<'_>) -> Result<String> {
    let process = bench.kontor.start_with(bench.place, bench.home, &[])?;
    let me = Client::connect(&process.address, &bench.seeded.headers())?.json("GET", "/v1/me", b"")?;
    process.stop()?;
    let space = me.pointer("/data/space/id").or_else(|| me.pointer("/data/space_id"));
    Ok(space.and_then(Value::as_str).with_context(|| format!("/v1/me names no space: {me}"))?.to_owned())
}
