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
    /// From one address to the sign-in pages.
    pub sign_in_per_second: u32,
    pub sign_in_burst: u32,
    /// From one address to the token endpoints.
    pub token_per_second: u32,
    pub token_burst: u32,
    /// Searches and aggregates of one credential.
    pub search_per_second: u32,
    pub search_burst: u32,
    /// Batches, composites, imports and exports of one credential.
    pub bulk_per_second: u32,
    pub bulk_burst: u32,
    /// Changes of metadata of one credential.
    pub metadata_per_second: u32,
    pub metadata_burst: u32,
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
            sign_in_per_second: 5,
            sign_in_burst: 100,
            token_per_second: 20,
            token_burst: 200,
            search_per_second: 5,
            search_burst: 50,
            bulk_per_second: 2,
            bulk_burst: 20,
            metadata_per_second: 2,
            metadata_burst: 40,
            heavy_cost: 5,
        }
    }
}
