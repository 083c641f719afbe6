//! Reference and product in turn within one run: what the machine does meanwhile happens to both.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;

use crate::load::{self, Plan, Report};
use crate::options::Options;
use crate::process::{self, Process};
use crate::scenario::{Calls, Scenario};
use crate::target::{Side, Target};

/// A server with all that is asked of it. It is stopped (SIGSTOP) while the other one is measured.
pub struct Contender {
    pub process: Process,
    pub target: Arc<Target>,
    pub peak_mb: f64,
}

/// The rounds of one scenario.
pub struct Compared {
    pub scenario: Scenario,
    pub connections: usize,
    pub reference: Vec<Report>,
    pub kontor: Vec<Report>,
}

/// A figure of several rounds.
pub struct Figures {
    pub per_second: f64,
    pub p50_us: f64,
    pub p99_us: f64,
    pub refused: usize,
}

impl Compared {
    /// Median of the rounds' own ratios; `None` without a product, or when it refused too much.
    pub fn ratio(&self) -> Option<f64> {
        let rounds = self.reference.iter().zip(&self.kontor);
        if self.kontor.is_empty() || !self.kontor.iter().chain(&self.reference).all(Report::is_sound) {
            return None;
        }
        Some(median(rounds.map(|(reference, kontor)| kontor.per_second / reference.per_second).collect()))
    }

    pub fn figures(&self, reports: &[Report]) -> Option<Figures> {
        let of = |value: fn(&Report) -> f64| median(reports.iter().map(value).collect());
        (!reports.is_empty()).then(|| Figures {
            per_second: of(|report| report.per_second) * self.scenario.weight(),
            p50_us: of(|report| as_f64(report.p50_us)),
            p99_us: of(|report| as_f64(report.p99_us)),
            refused: reports.iter().map(|report| report.refused).sum(),
        })
    }
}

fn as_f64(us: u64) -> f64 {
    f64::from(u32::try_from(us).unwrap_or(u32::MAX))
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.len().saturating_sub(1) / 2, values.len() / 2);
    let at = |n: usize| values.get(n).copied().unwrap_or(0.0);
    f64::midpoint(at(low), at(high))
}

pub fn scenario(
    options: &Options,
    scenario: Scenario,
    reference: &mut Contender,
    kontor: Option<&mut Contender>,
) -> Result<Compared> {
    let connections = scenario.connections(options.connections);
    let plan = Plan {
        connections,
        warm_up: Duration::from_secs(options.warm_up),
        length: Duration::from_secs(options.seconds),
    };
    let mut result = Compared { scenario, connections, reference: Vec::new(), kontor: Vec::new() };
    // the fixed answer is the floor of the floor; the product has none to compare
    let mut kontor = kontor.filter(|_| scenario != Scenario::Hello);
    for _ in 0..options.rounds.max(1) {
        result.reference.push(turn(scenario, plan, reference)?);
        if let Some(kontor) = kontor.as_deref_mut() {
            result.kontor.push(turn(scenario, plan, kontor)?);
        }
    }
    Ok(result)
}

fn turn(scenario: Scenario, plan: Plan, contender: &mut Contender) -> Result<Report> {
    contender.process.resume()?;
    contender.process.settle(Duration::from_secs(10));
    let done = Arc::new(AtomicBool::new(false));
    let memory = watch(contender.process.id(), done.clone());
    let report =
        load::run(&contender.process.address, plan, |n| Box::new(Calls::new(contender.target.clone(), scenario, n)));
    done.store(true, Ordering::Relaxed);
    contender.peak_mb = contender.peak_mb.max(memory.join().unwrap_or(0.0));
    contender.process.settle(Duration::from_secs(10));
    contender.process.pause()?;
    let report = report?;
    let who = if contender.target.side == Side::Reference { "reference" } else { "kontor" };
    let rate = report.per_second * scenario.weight();
    eprintln!(
        "  {:<12} {who:<10} {rate:>9.0}/s  p50 {:>7} µs  p99 {:>8} µs  refused {}",
        scenario.name(),
        report.p50_us,
        report.p99_us,
        report.refused
    );
    if let Some(refusal) = &report.refusal {
        eprintln!("    first refusal: {refusal}");
    }
    Ok(report)
}

/// Watches the anonymous memory until `done`, and gives its peak.
fn watch(process: u32, done: Arc<AtomicBool>) -> std::thread::JoinHandle<f64> {
    std::thread::spawn(move || {
        let mut peak = 0.0_f64;
        while !done.load(Ordering::Relaxed) {
            peak = peak.max(process::anonymous_mb(process));
            std::thread::sleep(Duration::from_millis(200));
        }
        peak
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_median_of_two_is_between_them() {
        assert_eq!(super::median(vec![0.9, 0.5]), 0.7);
        assert_eq!(super::median(vec![3.0, 1.0, 2.0]), 2.0);
    }
}
