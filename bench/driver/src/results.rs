//! bench/RESULTS.md: the figures, the machine, the commands.

use std::fmt::Write as _;

use anyhow::Result;

use crate::machine::Machine;
use crate::measure::{Compared, Figures};
use crate::options::{Backend, Options};
use crate::run::{Footprint, Outcome};
use crate::scenario::Scenario;
use crate::stress::Finding;
use crate::tokens::Given;

/// What the floor gave on a quiet machine of two cores when the crates were chosen: a run far below it was not a quiet one.
fn expected(backend: Backend, scenario: Scenario) -> &'static str {
    match (backend, scenario) {
        (_, Scenario::Hello) => "83–91k",
        (Backend::Sqlite, Scenario::Read) => "59–65k",
        (Backend::Sqlite, Scenario::Create) => "9–14k",
        (Backend::Postgres, Scenario::Read) => "34k",
        (Backend::Postgres, Scenario::Create) => "8k",
        _ => "",
    }
}

/// The behind-a-cursor page may take this much longer than the first.
const MIDDLE_AIM: f64 = 1.3;

pub fn markdown(
    options: &Options,
    machine: &Machine,
    outcomes: &[Outcome],
    skipped: &[String],
    binary_mb: Option<f64>,
) -> Result<String> {
    let mut out = String::from("# Benchmark results\n\n");
    writeln!(out, "Written by `make bench`; `bench/README.md` says what is measured and how.\n")?;
    machine.write(&mut out, options)?;
    for note in skipped {
        writeln!(out, "- {note}")?;
    }
    for outcome in outcomes {
        backend(&mut out, outcome)?;
    }
    footprints(&mut out, outcomes, binary_mb)?;
    Ok(out)
}

fn backend(out: &mut String, outcome: &Outcome) -> Result<()> {
    let title = if outcome.backend == Backend::Sqlite { "SQLite" } else { "PostgreSQL" };
    writeln!(out, "\n## {title}\n")?;
    if let Some(settings) = &outcome.settings {
        writeln!(out, "Settings: {settings}.\n")?;
    }
    if !outcome.dropped.is_empty() {
        writeln!(
            out,
            "Fields that Kontor did not take, so that its rows are smaller: {}.\n",
            outcome.dropped.join(", ")
        )?;
    }
    writeln!(
        out,
        "| scenario | conn. | reference /s | quiet machine | Kontor /s | ratio | aim | | reference p50 / p99 ms | Kontor p50 / p99 ms | not 2xx |"
    )?;
    writeln!(out, "|---|--:|--:|--:|--:|--:|--:|---|--:|--:|--:|")?;
    for result in &outcome.results {
        line(out, outcome.backend, result)?;
    }
    middle(out, &outcome.results)?;
    findings(out, &outcome.findings)?;
    tokens(out, &outcome.tokens)
}

fn findings(out: &mut String, findings: &[Finding]) -> Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n| rights, kept answers, overload | | aim | |\n|---|--:|--:|---|")?;
    for Finding { title, value, aim, is_met } in findings {
        let verdict = is_met.map_or("", |is_met| if is_met { "met" } else { "missed" });
        writeln!(out, "| {title} | {value} | {aim} | {verdict} |")?;
    }
    Ok(())
}

fn line(out: &mut String, backend: Backend, result: &Compared) -> Result<()> {
    let (reference, kontor) = (result.figures(&result.reference), result.figures(&result.kontor));
    let rate =
        |figures: &Option<Figures>| figures.as_ref().map_or("–".to_owned(), |figures| thousands(figures.per_second));
    let times = |figures: &Option<Figures>| {
        figures
            .as_ref()
            .map_or("–".to_owned(), |figures| format!("{:.2} / {:.2}", figures.p50_us / 1e3, figures.p99_us / 1e3))
    };
    let refused: usize = [&reference, &kontor].into_iter().flatten().map(|figures| figures.refused).sum();
    let ratio = result.ratio();
    let verdict = match (ratio, result.scenario.aim()) {
        (Some(ratio), Some(aim)) if ratio >= aim => "met",
        (Some(_), Some(_)) => "missed",
        (None, Some(_)) if !result.kontor.is_empty() => "void",
        _ => "",
    };
    writeln!(
        out,
        "| {} | {} | {} | {} | {} | {} | {} | {verdict} | {} | {} | {refused} |",
        result.scenario.title(),
        result.connections,
        rate(&reference),
        expected(backend, result.scenario),
        rate(&kontor),
        ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}")),
        result.scenario.aim().map_or(String::new(), |aim| format!("≥ {aim:.1}")),
        times(&reference),
        times(&kontor),
    )?;
    Ok(())
}

/// The page behind a cursor against the first page of the same server, by the median time: a burst of other work moves it least.
fn middle(out: &mut String, results: &[Compared]) -> Result<()> {
    let of = |scenario: Scenario| results.iter().find(|result| result.scenario == scenario);
    let (Some(first), Some(middle)) = (of(Scenario::PageFirst), of(Scenario::PageMiddle)) else { return Ok(()) };
    let slower = |pick: fn(&Compared) -> &[crate::load::Report]| {
        let (first, middle) = (first.figures(pick(first))?, middle.figures(pick(middle))?);
        (first.p50_us > 0.0).then(|| middle.p50_us / first.p50_us)
    };
    writeln!(out)?;
    if let Some(reference) = slower(|result| &result.reference) {
        write!(out, "Page in the middle against the first page: reference {reference:.2}×")?;
    }
    if let Some(kontor) = slower(|result| &result.kontor) {
        write!(
            out,
            ", Kontor {kontor:.2}× (aim ≤ {MIDDLE_AIM}: {})",
            if kontor <= MIDDLE_AIM { "met" } else { "missed" }
        )?;
    }
    writeln!(out, ".")?;
    Ok(())
}

/// Tokens and sign-ins: absolute figures, as the processor's time says more of them than a floor that gives none.
fn tokens(out: &mut String, given: &[Given]) -> Result<()> {
    if given.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n| tokens and sign-ins | /s | per core-second | aim | | p99 ms | not 2xx |")?;
    writeln!(out, "|---|--:|--:|--:|---|--:|--:|")?;
    for one in given {
        writeln!(
            out,
            "| {} | {} | {} | ≥ {} | {} | {:.1} | {} |",
            one.name,
            thousands(one.per_second),
            thousands(one.per_core),
            thousands(one.aim),
            if one.per_core >= one.aim { "met" } else { "missed" },
            as_ms(one.p99_us),
            one.refused,
        )?;
    }
    Ok(())
}

fn as_ms(us: u64) -> f64 {
    f64::from(u32::try_from(us).unwrap_or(u32::MAX)) / 1e3
}

fn footprints(out: &mut String, outcomes: &[Outcome], binary_mb: Option<f64>) -> Result<()> {
    writeln!(out, "\n## Start, memory, size\n")?;
    writeln!(
        out,
        "| | aim | {} |",
        outcomes.iter().map(|outcome| outcome.backend.name()).collect::<Vec<_>>().join(" | ")
    )?;
    writeln!(out, "|---|--:|{}", "--:|".repeat(outcomes.len()))?;
    type Row = (&'static str, &'static str, fn(&Footprint) -> String);
    let rows: [Row; 4] = [
        ("cold start, empty", "0.3 s", |footprint| format!("{:.2} s", footprint.cold_empty)),
        ("cold start to the first record of the full database", "1 s", |footprint| {
            format!("{:.2} s", footprint.cold_full)
        }),
        ("own memory (RssAnon), idle", "60 MB", |footprint| format!("{:.0} MB", footprint.idle_mb)),
        ("own memory, peak under load", "250 MB", |footprint| format!("{:.0} MB", footprint.peak_mb)),
    ];
    for (name, aim, value) in rows {
        let values: Vec<_> =
            outcomes.iter().map(|outcome| outcome.kontor.as_ref().map_or("–".to_owned(), value)).collect();
        writeln!(out, "| Kontor: {name} | {aim} | {} |", values.join(" | "))?;
    }
    let peaks: Vec<_> = outcomes.iter().map(|outcome| format!("{:.0} MB", outcome.reference_peak_mb)).collect();
    writeln!(out, "| reference: own memory, peak under load | | {} |", peaks.join(" | "))?;
    writeln!(out, "\nKontor's binary: {} (aim 60 MB).", binary_mb.map_or("–".to_owned(), |mb| format!("{mb:.1} MB")))?;
    Ok(())
}

/// 61234.4 → 61,234.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(super::thousands(61_234.4), "61,234");
        assert_eq!(super::thousands(7.0), "7");
    }
}
