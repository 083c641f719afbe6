//! How much may be asked for, unless a key or a space says otherwise.

use serde::{Deserialize, Serialize};

/// Limits of requests; 0 a second, a day or a minute is no limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rate {
    pub key_per_second: u32,
    pub key_burst: u32,
    pub key_per_day: u64,
    pub space_per_second: u32,
    pub space_burst: u32,
    pub ip_per_second: u32,
    pub ip_burst: u32,
    /// Bad credentials from one address in a minute.
    pub ip_failures: u32,
    /// Tokens of a dear request; others take one.
    pub heavy_cost: u32,
}

impl Default for Rate {
    fn default() -> Self {
        Self {
            key_per_second: 10,
            key_burst: 100,
            key_per_day: 50_000,
            space_per_second: 200,
            space_burst: 1_000,
            ip_per_second: 50,
            ip_burst: 500,
            ip_failures: 10,
            heavy_cost: 5,
        }
    }
}
