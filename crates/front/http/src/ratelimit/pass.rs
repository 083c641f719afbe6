//! A request on its way through the limits.

use std::net::IpAddr;

use axum::http::HeaderMap;

use super::gcra::Level;
use super::headers;
use super::policy::Bucket;

/// A handler that checks a password, a code or a client's secret puts this into the extensions of an answer that refuses
/// one and is no [`crate::Refusal`] with 401001: the address is counted as guessing.
#[derive(Debug, Clone, Copy)]
pub struct WrongGuess;

/// A request's way through the limits.
#[derive(Debug, Default)]
pub struct Pass {
    pub(super) exempt: bool,
    pub(super) address: Option<IpAddr>,
    /// The credential, hashed with a key of this process.
    pub(super) token: Option<u64>,
    pub(super) applied: Vec<(Bucket, Level)>,
}

impl Pass {
    /// Health, readiness and metrics are exempt.
    pub fn new(exempt: bool) -> Self {
        Self { exempt, ..Self::default() }
    }

    /// What the answer says of limits.
    pub fn write(&self, headers: &mut HeaderMap) {
        headers::write(self.applied.iter().map(|(bucket, level)| (bucket, level)), headers);
    }
}
