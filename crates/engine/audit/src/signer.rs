//! The key that seals are signed with. It is derived from the installation's master key and never in the database.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::digest::{Canon, Hash, hex};

/// Signs and checks with HMAC-SHA-256 (RFC 2104).
#[derive(Clone)]
pub struct Signer {
    /// None where the master key is not at hand.
    key: Option<[u8; 32]>,
    id: String,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Signer {
    pub fn new(key: [u8; 32]) -> Self {
        let mut canon = Canon::new("kontor.audit.key.1");
        canon.bytes(&key);
        let id = hex(canon.finish().get(..8).unwrap_or_default());
        Self { key: Some(key), id }
    }

    /// A signer that signs nothing and believes nothing.
    pub fn closed() -> Self {
        Self { key: None, id: String::new() }
    }

    /// Whether it has its key.
    pub fn is_open(&self) -> bool {
        self.key.is_some()
    }

    /// Tells keys apart and says nothing about them: 16 hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    fn mac(&self, hash: &Hash) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_ref()?).ok()?;
        mac.update(hash);
        Some(mac)
    }

    pub fn sign(&self, hash: &Hash) -> Vec<u8> {
        self.mac(hash).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default()
    }

    /// In constant time.
    pub fn holds(&self, hash: &Hash, signature: &[u8]) -> bool {
        self.mac(hash).is_some_and(|mac| mac.verify_slice(signature).is_ok())
    }
}
