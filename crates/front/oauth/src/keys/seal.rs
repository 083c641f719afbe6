//! Secrets at rest: AES-256-GCM under keys that HKDF-SHA-256 derives from the installation's master key, one for each
//! purpose.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Prk, Salt};
use aws_lc_rs::hmac;
use kontor_config::Config;
use kontor_model::{Error, Result};

use crate::jose::base64;
use crate::random;

const FILE: &str = "master.key";
const KEY: usize = 32;

/// The master key: the setting, or the file `master.key` (mode 0600) of the data directory, made at the first start.
///
/// # Errors
/// The file cannot be read or made.
pub fn master_key(config: &Config) -> io::Result<Vec<u8>> {
    if let Some(key) = &config.master_key {
        return parsed(key.expose()).ok_or_else(|| io::Error::other("master_key is 64 hexadecimal digits"));
    }
    let path = config.data.join(FILE);
    for _ in 0..2 {
        match fs::read_to_string(&path) {
            Ok(text) => {
                let wrong = || io::Error::other(format!("{} does not hold 64 hexadecimal digits", path.display()));
                return parsed(&text).ok_or_else(wrong);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let key = random::bytes::<KEY>().map_err(io::Error::other)?;
        fs::create_dir_all(&config.data)?;
        // A name of its own first: nobody reads half a key.
        let draft = config.data.join(format!("{FILE}.{}", std::process::id()));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(kontor_identity::token::hex(&key).as_bytes())?;
        file.sync_all()?;
        let made = fs::hard_link(&draft, &path);
        fs::remove_file(&draft)?;
        match made {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    Err(io::Error::other(format!("{} cannot be kept", path.display())))
}

/// 64 hexadecimal digits as bytes.
fn parsed(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text.trim().chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| u8::try_from(high * 16 + low).ok()).collect::<Option<Vec<u8>>>()?;
    (rest.is_empty() && bytes.len() == KEY).then_some(bytes)
}

/// Seals and opens under the master key.
pub struct Vault {
    master: Prk,
}

impl Vault {
    /// At least 32 bytes.
    pub fn new(master: &[u8]) -> Self {
        Self { master: Salt::new(HKDF_SHA256, b"kontor").extract(master) }
    }

    fn key(&self, purpose: &str) -> Result<[u8; 32]> {
        let mut key = [0; 32];
        let info = [purpose.as_bytes()];
        self.master.expand(&info, HKDF_SHA256).and_then(|okm| okm.fill(&mut key)).map_err(Error::internal)?;
        Ok(key)
    }

    fn cipher(&self, purpose: &str) -> Result<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM, &self.key(purpose)?).map(LessSafeKey::new).map_err(Error::internal)
    }

    /// Nonce, ciphertext and tag; `about` must be the same to open it.
    ///
    /// # Errors
    /// The machine gives no randomness.
    pub fn seal(&self, purpose: &str, about: &str, plain: &[u8]) -> Result<Vec<u8>> {
        let nonce = random::bytes::<NONCE_LEN>()?;
        let mut text = plain.to_vec();
        self.cipher(purpose)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(about.as_bytes()), &mut text)
            .map_err(Error::internal)?;
        Ok([&nonce[..], &text].concat())
    }

    /// # Errors
    /// It was sealed under another master key, for another purpose, or has been changed.
    pub fn open(&self, purpose: &str, about: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let wrong = || Error::internal("a sealed secret does not open: the master key is another one");
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or_else(wrong)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong())?;
        let mut text = text.to_vec();
        let plain =
            self.cipher(purpose)?.open_in_place(nonce, Aad::from(about.as_bytes()), &mut text).map_err(|_| wrong())?;
        Ok(plain.to_vec())
    }

    /// A tag over a message that only this installation can make, in base64url.
    ///
    /// # Errors
    /// The library's.
    pub fn tag(&self, purpose: &str, message: &str) -> Result<String> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.key(purpose)?);
        Ok(base64::encode(hmac::sign(&key, message.as_bytes()).as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_master_key_is_64_hexadecimal_digits() {
        assert_eq!(parsed(&format!("{}\n", "0F".repeat(32))), Some(vec![15; 32]));
        for bad in ["", &"0f".repeat(31), &"0g".repeat(32), &"0f".repeat(33), &format!("{}f", "0f".repeat(32))] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_secret_opens_only_as_it_was_sealed() {
        let vault = Vault::new(&[7; 32]);
        let sealed = vault.seal("a", "k1", b"secret").unwrap();
        assert_eq!(vault.open("a", "k1", &sealed).unwrap(), b"secret");
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        let mut changed = sealed.clone();
        changed[20] ^= 1;
        assert!(vault.open("a", "k1", &changed).is_err());
        assert!(vault.open("b", "k1", &sealed).is_err() && vault.open("a", "k2", &sealed).is_err());
        assert!(Vault::new(&[8; 32]).open("a", "k1", &sealed).is_err() && vault.open("a", "k1", b"short").is_err());
        assert_ne!(sealed, vault.seal("a", "k1", b"secret").unwrap());
    }
}
