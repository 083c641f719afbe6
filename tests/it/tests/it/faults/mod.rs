//! What happens when things break: the process is killed, the disk is full, the database goes away, the input is a
//! weapon. Small counts by default; `make faults` runs the figures in full.

mod backups;
mod broken_rows;
mod clock;
pub mod cluster;
mod disk;
mod files;
mod injections;
mod journal;
mod kills;
mod mount;
mod neighbour;
mod outages;
mod payloads;
mod races;
mod slow;
mod stops;
mod syncs;
mod transfers;

pub use neighbour::Neighbour;
pub use payloads::Watch;

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// How often something is done: `few` by default, up to `KONTOR_FAULTS_ROUNDS` and never more than `all`.
pub fn rounds(few: usize, all: usize) -> usize {
    let wanted = std::env::var("KONTOR_FAULTS_ROUNDS").ok().and_then(|text| text.parse().ok());
    wanted.map_or(few, |wanted: usize| wanted.min(all))
}

/// A number below `end` that nobody foresees.
fn any(end: u64) -> u64 {
    RandomState::new().hash_one(end) % end
}

/// A while of `from` to `to` milliseconds.
async fn a_while(from: u64, to: u64) {
    tokio::time::sleep(Duration::from_millis(from + any(to - from))).await;
}

/// A story that cannot be told here is named.
fn skipped(story: &str, why: &str) {
    eprintln!("skipped: {story} ({why})");
}

/// How long the database or the disk may be back before writes are: the figure, and what a build without optimisation
/// beside other tests is given on top.
const BACK: Duration = Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 5 });

/// Sorted durations as `p50 12 ms, p99 40 ms, most 55 ms`.
fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |part: usize| {
        times.get((times.len() * part / 100).min(times.len().saturating_sub(1))).copied().unwrap_or_default()
    };
    format!("p50 {} ms, p99 {} ms, most {} ms", at(50).as_millis(), at(99).as_millis(), at(100).as_millis())
}
