//! What signs the messages of an endpoint: 32 random bytes, shown once as `whsec_…` and kept sealed. While a new one
//! takes over, messages are signed with both.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kontor_model::{Error, Result};

const PREFIX: &str = "whsec_";
const BYTES: usize = 32;

/// A signing secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// The machine gives no randomness.
    pub fn random() -> Result<Self> {
        let mut bytes = vec![0; BYTES];
        getrandom::fill(&mut bytes).map_err(Error::internal)?;
        Ok(Self(bytes))
    }

    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes of the key, and nothing of its text.
    pub(crate) fn key(&self) -> &[u8] {
        &self.0
    }

    /// As it is shown, once.
    pub fn text(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}
