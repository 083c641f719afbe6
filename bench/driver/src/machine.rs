//! The machine and the state of the sources that a table belongs to.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::Result;

use crate::options::Options;

pub struct Machine {
    /// Load average before the run: what else the machine was doing.
    load: String,
}

impl Machine {
    pub fn before_the_run() -> Self {
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Self { load: load.split_whitespace().take(3).collect::<Vec<_>>().join(" ") }
    }

    pub fn write(&self, out: &mut String, options: &Options) -> Result<()> {
        let cpu = value("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
        let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        let memory = value("/proc/meminfo", "MemTotal")
            .and_then(|kb| kb.split_whitespace().next()?.parse::<f64>().ok())
            .unwrap_or(0.0);
        let load = &self.load;
        writeln!(
            out,
            "- machine: {cpu}, {cores} cores shared by server and driver, {:.0} GB, Linux {}",
            memory / 1_048_576.0,
            said("uname", &["-r"])
        )?;
        writeln!(
            out,
            "- load average before the run: {load}; above about 0.5 the ratios hold and the absolute figures do not"
        )?;
        let dirty =
            if said("git", &["status", "--porcelain", "--", "crates", "bench/driver", "bench/reference"]).is_empty() {
                ""
            } else {
                " and uncommitted changes"
            };
        writeln!(
            out,
            "- commit {}{dirty}, {}, {}",
            said("git", &["rev-parse", "--short", "HEAD"]),
            said("date", &["-u", "+%F"]),
            said("rustc", &["--version"])
        )?;
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        writeln!(out, "- command: `cargo run --release -p kontor-bench -- {}`", arguments.join(" "))?;
        let Options { rows, seconds, warm_up, rounds, connections, .. } = options;
        writeln!(
            out,
            "- {rows} contacts of 15 fields; {connections} connections unless the table says otherwise; {rounds} turns each of {seconds} s after {warm_up} s of warm-up, reference and Kontor in alternation; medians"
        )?;
        Ok(())
    }
}

/// What follows the colon of a line of a /proc file.
fn value(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
