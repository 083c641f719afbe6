//! An answer that is given again against the same answer from the database.

use std::time::Duration;

use anyhow::Result;

use super::{Bench, Finding};
use crate::load::{self, Plan};
use crate::measure::median;
use crate::scenario::Scenario;

pub fn run(bench: &Bench<'_>) -> Result<Vec<Finding>> {
    let plan = Plan {
        connections: bench.options.connections,
        warm_up: Duration::from_secs(bench.options.warm_up),
        length: Duration::from_secs(bench.options.seconds),
    };
    let mut findings = Vec::new();
    for scenario in [Scenario::Read, Scenario::PageFirst] {
        let (mut read, mut kept) = (Vec::new(), Vec::new());
        for _ in 0..bench.options.rounds.max(1) {
            for (settings, rates) in [(&[("KONTOR_CACHE_BYTES", "0")][..], &mut read), (&[], &mut kept)] {
                let process = bench.kontor.start_with(bench.place, bench.home, settings)?;
                process.settle(Duration::from_secs(10));
                let report = load::run(&process.address, plan, |n| bench.calls(scenario, n))?;
                rates.push(report.per_second);
                process.stop()?;
            }
        }
        let (read, kept) = (median(read), median(kept));
        findings.push(Finding::new(
            format!("{}: without the cache and as shipped, /s", scenario.title()),
            format!("{read:.0} and {kept:.0} ({:.2}×)", kept / read),
        ));
    }
    Ok(findings)
}
