//! Secrets that services have to read again: kept sealed, under a key that lies outside the database.

use kontor_model::Result;

/// Seals secrets of one purpose. What is sealed for one owner, a record's id, opens for no other.
pub trait Sealing: Send + Sync {
    /// # Errors
    /// The key is not at hand.
    fn seal(&self, owner: i64, plain: &[u8]) -> Result<String>;

    /// # Errors
    /// The key is not at hand, or is another.
    fn unseal(&self, owner: i64, sealed: &str) -> Result<Vec<u8>>;
}
