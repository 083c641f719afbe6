//! Five times what the server can do: how much of what it could do it still does, and for whom.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::open::{self, Offer};
use super::{Bench, Finding};
use crate::client::Client;
use crate::load::{self, Plan};
use crate::process;
use crate::scenario::Scenario;

const TIMES: f64 = 5.0;
const CONNECTIONS: usize = 2_000;
const HERE: [u8; 4] = [127, 0, 0, 1];
/// Back is: so many answers in a row within [`USUAL`].
const IN_A_ROW: u32 = 20;
const USUAL: Duration = Duration::from_millis(50);

pub fn run(bench: &Bench<'_>) -> Result<Vec<Finding>> {
    let process = bench.kontor.start_with(bench.place, bench.home, &[])?;
    // What is offered must not take the server's own core.
    let apart = process::apart(process.id());
    let (warm_up, length) =
        (Duration::from_secs(bench.options.warm_up), Duration::from_secs(bench.options.seconds.max(5)));
    let plan = Plan { connections: bench.options.connections, warm_up, length };
    process.settle(Duration::from_secs(10));
    let peak = load::run(&process.address, plan, |n| bench.calls(Scenario::Mix, n))?.per_second;
    process.settle(Duration::from_secs(10));
    let offer = Offer { connections: CONNECTIONS, per_second: peak * TIMES, warm_up, length, from: HERE };
    let heard = open::run(&process.address, offer, |n| bench.calls(Scenario::Mix, n))?;
    let back = back(&process.address, bench)?;
    drop(apart);
    process.stop()?;
    let goodput = heard.per_second() / peak;
    let answered = heard.served_us.len() + heard.refused + heard.failed;
    let sent = f64::from(u32::try_from(answered)?) / heard.seconds;
    let (p95, p99) = (heard.percentile_ms(95), heard.percentile_ms(99));
    let mut findings = vec![
        Finding::new("peak of the mix, closed loop, /s", format!("{peak:.0}")),
        Finding::new(
            "offered, and answered in any way, /s",
            format!("{:.0} and {sent:.0} ({} not sent for want of a connection)", peak * TIMES, heard.unsent),
        ),
        Finding::new("goodput against the peak", format!("{goodput:.2}")).aimed("≥ 0.9", goodput >= 0.9),
        Finding::new("admitted, p95 / p99", format!("{p95:.0} / {p99:.0} ms")).aimed("< 800 ms", p99 < 800.0),
        Finding::new(
            "refused with Retry-After",
            format!("{} of {}, {} other failures", heard.refused_politely, heard.refused, heard.failed),
        )
        .aimed("all", heard.refused == heard.refused_politely && heard.failed == 0),
        Finding::new("usual again after", format!("{:.1} s", back.as_secs_f64()))
            .aimed("≤ 5 s", back <= Duration::from_secs(5)),
    ];
    if let Some(failure) = heard.failure {
        findings.push(Finding::new("first failure", failure.chars().take(200).collect::<String>()));
    }
    Ok(findings)
}

/// How long after the load the server answers as usual.
fn back(address: &str, bench: &Bench<'_>) -> Result<Duration> {
    let start = Instant::now();
    let mut client = Client::connect(address, &bench.seeded.headers())?;
    let (mut row, mut since) = (0, Duration::ZERO);
    while row < IN_A_ROW && start.elapsed() < Duration::from_secs(60) {
        let id = bench.target.ids.get(row as usize).map_or("0", String::as_str);
        let asked = Instant::now();
        let (status, _) = client.call("GET", &format!("/v1/contacts/{id}"), b"")?;
        if status == 200 && asked.elapsed() <= USUAL {
            row += 1;
        } else {
            (row, since) = (0, start.elapsed());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    Ok(if row < IN_A_ROW { start.elapsed() } else { since })
}
