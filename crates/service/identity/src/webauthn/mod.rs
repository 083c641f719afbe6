//! The relying party of W3C Web Authentication Level 3: what is asked of an authenticator, and whether its answer holds.
//!
//! Pure: no clock, no database, no randomness. User verification is always demanded, attestation is not asked for
//! (`none`; self attestation, which browsers leave in place, is checked), and the algorithms are EdDSA, ES256 and RS256.

mod attestation;
mod authenticator_data;
mod cbor;
mod ceremony;
mod client_data;
mod cose;
mod options;
mod party;
mod response;

#[cfg(test)]
mod tests;

pub use attestation::Attestation;
pub use authenticator_data::{Attested, AuthenticatorData};
pub use ceremony::{Asserted, Known, Registered, assert, register};
pub use client_data::ClientData;
pub use cose::{ALGORITHMS, PublicKey};
pub use options::{Descriptor, creation, request};
pub use party::RelyingParty;
pub use response::{Assertion, Registration};

/// Why an authenticator's answer is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Not what the specification describes: a member missing, too long, cut off, or nested too deep.
    Malformed,
    /// Made for the other ceremony.
    WrongType,
    WrongChallenge,
    /// Made on a page that is not ours, or framed by one.
    WrongOrigin,
    /// Made for another relying party.
    WrongParty,
    NobodyPresent,
    /// Neither PIN nor fingerprint nor face was asked for.
    NotVerified,
    /// Backed up although it cannot be, or no longer what it was when it was registered.
    BackupFlags,
    /// An algorithm that was not offered.
    Algorithm,
    /// A key that is none, or too weak.
    Key,
    /// An attestation other than none and self.
    Format,
    Signature,
    /// The counter went back: there may be a second copy of the authenticator.
    Counter,
    /// Not the user that the credential was made for.
    WrongUser,
}

impl Refusal {
    /// For a person, and for the log.
    pub const fn text(self) -> &'static str {
        match self {
            Refusal::Malformed => "is not what an authenticator answers (WebAuthn, RegistrationResponseJSON)",
            Refusal::WrongType => "was made for another ceremony",
            Refusal::WrongChallenge => "answers another challenge",
            Refusal::WrongOrigin => "was made on another site's page",
            Refusal::WrongParty => "was made for another site",
            Refusal::NobodyPresent => "was made without anybody present",
            Refusal::NotVerified => "was made without a PIN, fingerprint or face",
            Refusal::BackupFlags => "contradicts itself about being backed up",
            Refusal::Algorithm => "uses an algorithm that was not offered: EdDSA, ES256 or RS256",
            Refusal::Key => "has a public key that cannot be used",
            Refusal::Format => "has an attestation, which was not asked for: send none",
            Refusal::Signature => "is not signed by its key",
            Refusal::Counter => "has a counter that went back: the authenticator may have been copied",
            Refusal::WrongUser => "belongs to another user",
        }
    }
}

/// Reads arbitrary bytes as everything that an authenticator sends. No input may make it panic.
pub fn fuzz(bytes: &[u8]) -> usize {
    usize::from(Attestation::parse(bytes).is_ok())
        + usize::from(AuthenticatorData::parse(bytes).is_ok())
        + usize::from(ClientData::parse(bytes).is_ok())
        + usize::from(PublicKey::parse(bytes).is_ok())
}
