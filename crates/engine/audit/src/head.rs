//! The end of a chain, to be kept elsewhere: with it a chain that was cut off shows.

use kontor_model::SpaceId;
use serde::{Deserialize, Serialize};

use crate::Seal;
use crate::digest::hex;

/// One line of a file of heads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub space: String,
    /// The number of the last seal.
    pub sequence: i64,
    /// Its hash, hexadecimal.
    pub hash: String,
    /// Unix milliseconds.
    pub sealed_at: i64,
    /// Which key signed it.
    pub key: String,
    /// HMAC-SHA-256 of the hash, hexadecimal.
    pub signature: String,
}

impl Head {
    pub fn of(space: SpaceId, seal: &Seal) -> Self {
        Self {
            space: space.to_string(),
            sequence: seal.sequence,
            hash: hex(&seal.hash),
            sealed_at: seal.sealed_at,
            key: seal.key.clone(),
            signature: hex(&seal.signature),
        }
    }
}
