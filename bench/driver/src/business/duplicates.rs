//! A create that is looked at for duplicates against one that is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use kontor_bench_reference::rows;

use crate::load::{self, Caller, Plan, Report};
use crate::measure::median;
use crate::shape::Shape;
use crate::stress::{Bench, Finding};
use crate::wire;

/// Milliseconds of 95 creates in 100.
const AIM_MS: f64 = 10.0;
/// Longest that a create with the check may take, in times of one without.
const AIM: f64 = 3.0;
/// Rows are numbered from well above those of other scenarios.
const FRESH: u64 = 50_000_000;
/// Connections: one alone, and some at once.
const CONNECTIONS: [usize; 2] = [1, 8];

struct Creates {
    headers: String,
    path: &'static str,
    shape: Shape,
    next: Arc<AtomicU64>,
    body: Vec<u8>,
}

impl Caller for Creates {
    fn next(&mut self, out: &mut Vec<u8>) {
        self.body.clear();
        self.shape.write(&mut self.body, &rows::contact(self.next.fetch_add(1, Ordering::Relaxed)));
        wire::request(out, "POST", self.path, &self.headers, &self.body);
    }
}

pub fn run(bench: &Bench<'_>) -> Result<Vec<Finding>> {
    let process = bench.kontor.start_with(bench.place, bench.home, &[])?;
    let next = Arc::new(AtomicU64::new(FRESH));
    let mut findings = Vec::new();
    for connections in CONNECTIONS {
        let plan = Plan {
            connections,
            warm_up: Duration::from_secs(bench.options.warm_up),
            length: Duration::from_secs(bench.options.seconds),
        };
        let measured = |path: &'static str| -> Result<Report> {
            process.settle(Duration::from_secs(10));
            let report = load::run(&process.address, plan, |_| {
                Box::new(Creates {
                    headers: bench.seeded.headers(),
                    path,
                    shape: bench.seeded.shape.clone(),
                    next: next.clone(),
                    body: Vec::new(),
                })
            })?;
            if !report.is_sound() {
                bail!("creates were refused: {}", report.refusal.unwrap_or_default());
            }
            Ok(report)
        };
        let (mut checked, mut plain, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..bench.options.rounds.max(1) {
            let without = measured("/v1/contacts?allow_duplicates=true")?;
            let with = measured("/v1/contacts")?;
            ratios.push(without.per_second / with.per_second);
            checked.push(with);
            plain.push(without);
        }
        let ms = |reports: &[Report], of: fn(&Report) -> u64| {
            median(
                reports.iter().map(|report| f64::from(u32::try_from(of(report)).unwrap_or(u32::MAX)) / 1e3).collect(),
            )
        };
        let (p95, times) = (ms(&checked, |report| report.p95_us), median(ratios));
        let at = format!("{connections} at once, {} contacts", bench.options.rows);
        findings.push(
            Finding::new(
                format!("create with the check for duplicates, {at}: p50 / p95 / p99, ms"),
                format!(
                    "{:.2} / {p95:.2} / {:.2}",
                    ms(&checked, |report| report.p50_us),
                    ms(&checked, |report| report.p99_us)
                ),
            )
            .aimed("p95 < 10 ms", p95 < AIM_MS),
        );
        findings.push(Finding::new(
            "the same without the check",
            format!(
                "{:.2} / {:.2} / {:.2}",
                ms(&plain, |report| report.p50_us),
                ms(&plain, |report| report.p95_us),
                ms(&plain, |report| report.p99_us)
            ),
        ));
        findings.push(
            Finding::new("a create with the check against one without, times as long", format!("{times:.2}"))
                .aimed("≤ 3", times <= AIM),
        );
    }
    process.stop()?;
    Ok(findings)
}
