//! A server under test: started, awaited, paused while the other one is measured, stopped, and asked for its memory.

use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::client::Client;

pub struct Process {
    child: Child,
    pub address: String,
    /// Spawn to the first 200.
    pub cold_start: Duration,
}

/// A port of 127.0.0.1 that was free a moment ago.
pub fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

impl Process {
    /// Starts `command`, which listens on `address`, and waits until `path` answers 200. Its output goes to the file `log`.
    pub fn start(mut command: Command, address: String, path: &str, headers: &str, log: &Path) -> Result<Self> {
        let out = File::options().create(true).append(true).open(log).with_context(|| log.display().to_string())?;
        command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out);
        let spawned = Instant::now();
        let child = command.spawn().with_context(|| format!("start {command:?}"))?;
        let mut process = Self { child, address, cold_start: Duration::ZERO };
        let mut last = String::from("no connection");
        while spawned.elapsed() < Duration::from_secs(120) {
            if let Some(status) = process.child.try_wait()? {
                bail!("{command:?} ended with {status}; see {}", log.display());
            }
            match Client::connect(&process.address, headers).and_then(|mut client| client.call("GET", path, b"")) {
                Ok((200, _)) => {
                    process.cold_start = spawned.elapsed();
                    return Ok(process);
                }
                Ok((status, body)) => last = format!("{status} {}", String::from_utf8_lossy(&body)),
                Err(_) => {}
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        bail!("{command:?}: {path} did not answer 200 ({last}); see {}", log.display())
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Anonymous memory in MB, from /proc/PID/status.
    pub fn anonymous_mb(&self) -> f64 {
        anonymous_mb(self.id())
    }

    /// Processor time used so far.
    pub fn cpu_seconds(&self) -> f64 {
        f64::from(u32::try_from(ticks(self.id())).unwrap_or(u32::MAX)) / 100.0
    }

    pub fn pause(&self) -> Result<()> {
        self.signal("-STOP")
    }

    pub fn resume(&self) -> Result<()> {
        self.signal("-CONT")
    }

    fn signal(&self, name: &str) -> Result<()> {
        let done = Command::new("kill").args([name, &self.id().to_string()]).status().context("kill")?;
        if done.success() { Ok(()) } else { bail!("kill {name} {}", self.id()) }
    }

    /// Waits until the process has next to nothing left to do (checkpoints, consumers of events), at most `limit`.
    pub fn settle(&self, limit: Duration) {
        let start = Instant::now();
        while start.elapsed() < limit {
            let before = ticks(self.id());
            std::thread::sleep(Duration::from_millis(250));
            if ticks(self.id()).saturating_sub(before) <= 1 {
                return;
            }
        }
    }

    /// Asks it to end, and insists after 30 s.
    pub fn stop(mut self) -> Result<()> {
        self.resume().ok();
        self.signal("-TERM").ok();
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(30) {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.child.kill()?;
        Ok(())
    }
}

impl Drop for Process {
    /// An error on the way out must leave no server behind.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

pub fn anonymous_mb(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// Processor time used so far, in ticks of 10 ms.
fn ticks(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    after_name.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum()
}

/// Keeps a process and this program on cores of their own, until dropped.
pub struct Apart(Vec<(u32, String)>);

/// Where there are two cores or more: the server on all but the last, this program on the last. The figures of a run on
/// one core are of both.
pub fn apart(process: u32) -> Apart {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if cores < 2 {
        return Apart(Vec::new());
    }
    let (last, all) = (cores - 1, format!("0-{}", cores - 1));
    let own = std::process::id();
    pin(process, &format!("0-{}", last - 1));
    pin(own, &last.to_string());
    Apart(vec![(process, all.clone()), (own, all)])
}

fn pin(process: u32, cores: &str) {
    let done = Command::new("taskset").args(["-a", "-cp", cores, &process.to_string()]).stdout(Stdio::null()).status();
    if !done.is_ok_and(|status| status.success()) {
        eprintln!("taskset is not there: server and driver share their cores");
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        self.0.iter().for_each(|(process, cores)| pin(*process, cores));
    }
}
