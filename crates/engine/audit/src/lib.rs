//! The audit: an entry for every change and every sensitive read, sealed into a chain so that none can be changed,
//! removed, inserted or moved unseen.
//!
//! An entry is a row of the commit that it tells of ([`NewEntry`]); commits never wait for each other because of it.
//! Behind them a [`Sealer`] reads what is committed and writes [`Seal`]s: each lists its entries with their hashes,
//! names the seal before it and is signed with a key that is not in the database. [`verify()`] walks seals and entries
//! side by side and says what is wrong first.
//!
//! An entry's hash covers its public part and a commitment to its personal part under a random salt. Erasing the
//! personal part and the salt ([`redact`]) leaves the hash as it was: the chain still holds, and nothing can be guessed
//! back.

pub mod about;
mod digest;
mod entry;
mod head;
mod late;
mod list;
pub mod redact;
mod row;
mod seal;
mod sealer;
mod signer;
mod state;
mod stream;
mod verify;

#[cfg(test)]
mod tests;

pub use entry::{Credential, NewEntry, Who};
pub use head::Head;
pub use list::{Filter, Listed, export, get, list};
pub use row::Row;
pub use seal::{Seal, last as last_seal};
pub use sealer::{LATE_MS, SETTLE_MS, Sealer};
pub use signer::Signer;
pub use state::{Verified, keep, unsealed, verified};
pub use verify::{Fault, Report, What, verify};
