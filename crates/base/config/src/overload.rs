//! How much is worked on at once, what is given when that is not enough, and what is done by the clock.

use serde::{Deserialize, Serialize};

/// The limit of requests at once; reads and changes have one each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Overload {
    pub enabled: bool,
    pub min: usize,
    pub max: usize,
    /// Milliseconds.
    pub target_ms: u64,
    /// Requests that may wait.
    pub queue: usize,
    /// Milliseconds.
    pub wait_ms: u64,
}

impl Default for Overload {
    fn default() -> Self {
        Self { enabled: true, min: 8, max: 256, target_ms: 100, queue: 1_000, wait_ms: 400 }
    }
}

/// Answers to reads that are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cache {
    /// 0 keeps none.
    pub bytes: u64,
    /// Milliseconds; 0 is never.
    pub stale_ms: u64,
}

impl Default for Cache {
    fn default() -> Self {
        Self { bytes: 32 << 20, stale_ms: 60_000 }
    }
}

/// What services do by the clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sweeps {
    /// Between two looks; 0 leaves it to each service.
    pub every_seconds: u64,
}

/// When administrators are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Alerts {
    /// That what is due in a queue may wait.
    pub queue_stale_seconds: u32,
}

impl Default for Alerts {
    fn default() -> Self {
        Self { queue_stale_seconds: 300 }
    }
}

/// How many jobs run at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Jobs {
    /// In this process.
    pub slots: usize,
    /// Of one workspace in all processes; 0 leaves one slot of each process to the others.
    pub per_workspace: usize,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { slots: 3, per_workspace: 0 }
    }
}

impl Jobs {
    /// The bound of a workspace, where there is one.
    pub fn per_workspace(&self) -> Option<usize> {
        (self.per_workspace > 0).then_some(self.per_workspace)
    }
}

impl Sweeps {
    pub fn pace(&self) -> Option<std::time::Duration> {
        (self.every_seconds > 0).then(|| std::time::Duration::from_secs(self.every_seconds))
    }
}
