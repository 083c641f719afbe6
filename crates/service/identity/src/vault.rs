//! Secrets that have to be read again: sealed with AES-256-GCM under keys derived (HKDF-SHA256, RFC 5869) from the
//! installation's master key, which lies outside the database.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac};
use data_encoding::{BASE64_NOPAD, HEXLOWER_PERMISSIVE};
use kontor_model::{Error, Kind, Result, Value};
use kontor_store::system::{self, INSTALLATION};
use kontor_store::{Batch, CommitError, Expr, Select, Store};

const KEY: usize = 32;
const FILE: &str = "master.key";
const VERSION: &str = "v1.";
/// The purpose of sealed bodies in the outbox.
const MAIL: &str = "mail";

impl kontor_outbox::Sealing for Vault {
    fn seal(&self, owner: i64, plain: &str) -> Result<String> {
        Vault::seal(self, MAIL, owner, plain.as_bytes())
    }

    fn unseal(&self, owner: i64, sealed: &str) -> Result<String> {
        String::from_utf8(Vault::unseal(self, MAIL, owner, sealed)?).map_err(Error::internal)
    }
}

/// Seals and opens. Holds the master key; never shown.
pub struct Vault {
    /// None where the installation's key is not at hand.
    master: Option<[u8; KEY]>,
}

impl Vault {
    /// The vault of a master key.
    pub fn new(master: [u8; KEY]) -> Self {
        Self { master: Some(master) }
    }

    /// A vault that seals and opens nothing.
    pub fn closed() -> Self {
        Self { master: None }
    }

    /// The vault of `given` (64 hexadecimal digits), else of the file `master.key` in the data folder; when that is not
    /// there it is made with a new key, or without `make` the vault stays closed.
    ///
    /// # Errors
    /// A key that is none, a file that others may read, no randomness; the text is for the operator.
    pub fn open(folder: &Path, given: Option<&str>, make: bool) -> Result<Self, String> {
        if let Some(text) = given {
            return parse(text)
                .map(Self::new)
                .ok_or_else(|| "KONTOR_MASTER_KEY must be 64 hexadecimal digits".to_owned());
        }
        let path = folder.join(FILE);
        let shown = path.display();
        match fs::read_to_string(&path) {
            Ok(text) => {
                let mode = fs::metadata(&path).map_err(|e| format!("{shown}: {e}"))?.permissions().mode();
                if mode & 0o077 != 0 {
                    return Err(format!(
                        "{shown} can be read by others (mode {:03o}): chmod 600 {shown}",
                        mode & 0o777
                    ));
                }
                parse(&text).map(Self::new).ok_or_else(|| format!("{shown} does not hold 64 hexadecimal digits"))
            }
            Err(error) if error.kind() == ErrorKind::NotFound && make => {
                write_new(folder, &path).map_err(|e| format!("{shown} cannot be made: {e}"))?;
                Self::open(folder, None, false)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::closed()),
            Err(error) => Err(format!("{shown}: {error}")),
        }
    }

    /// A key for one purpose.
    fn derived(&self, purpose: &str) -> Result<[u8; KEY]> {
        let master = self.master.as_ref().ok_or_else(|| {
            Error::internal("this process has not the master key that the database's secrets are sealed under")
        })?;
        let mut key = [0; KEY];
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"kontor vault v1").extract(master);
        let info = [purpose.as_bytes()];
        prk.expand(&info, hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut key))
            .map_err(|_| Error::internal("HKDF failed"))?;
        Ok(key)
    }

    /// A key for one purpose, by HKDF-SHA-256 (RFC 5869); `info` names the purpose.
    ///
    /// # Errors
    /// The vault is closed.
    pub fn derive(&self, info: &str) -> Result<[u8; KEY]> {
        self.derived(info)
    }

    fn sealing(&self, purpose: &str) -> Result<LessSafeKey> {
        let key = UnboundKey::new(&AES_256_GCM, &self.derived(purpose)?).map_err(|_| Error::internal("no AES key"))?;
        Ok(LessSafeKey::new(key))
    }

    /// Seals; what comes out opens only for the same purpose and owner.
    ///
    /// # Errors
    /// No randomness.
    pub fn seal(&self, purpose: &str, owner: i64, plain: &[u8]) -> Result<String> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(Error::internal)?;
        let mut sealed = plain.to_vec();
        self.sealing(purpose)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(owner.to_be_bytes()), &mut sealed)
            .map_err(|_| Error::internal("sealing failed"))?;
        let mut out = nonce.to_vec();
        out.append(&mut sealed);
        Ok(format!("{VERSION}{}", BASE64_NOPAD.encode(&out)))
    }

    /// Opens what [`Vault::seal`] made.
    ///
    /// # Errors
    /// 500000 when it was sealed under another key, for another purpose or owner, or was changed.
    pub fn unseal(&self, purpose: &str, owner: i64, sealed: &str) -> Result<Vec<u8>> {
        let bad = || {
            Error::internal(format!("a secret ({purpose}) cannot be opened: was it sealed with another master key?"))
        };
        let bytes =
            sealed.strip_prefix(VERSION).and_then(|text| BASE64_NOPAD.decode(text.as_bytes()).ok()).ok_or_else(bad)?;
        let (nonce, rest) = bytes.split_at_checked(NONCE_LEN).ok_or_else(bad)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| bad())?;
        let mut rest = rest.to_vec();
        let plain = self
            .sealing(purpose)?
            .open_in_place(nonce, Aad::from(owner.to_be_bytes()), &mut rest)
            .map_err(|_| bad())?;
        Ok(plain.to_vec())
    }

    /// A keyed digest (HMAC-SHA256), for codes too short for a plain one.
    ///
    /// # Errors
    /// None that happens.
    pub fn digest(&self, purpose: &str, text: &str) -> Result<String> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.derived(purpose)?);
        Ok(crate::token::hex(hmac::sign(&key, text.as_bytes()).as_ref()))
    }

    /// Whether the database's secrets were sealed under this key; the first to ask decides.
    ///
    /// # Errors
    /// The database's.
    pub async fn agrees(&self, store: &dyn Store) -> Result<bool> {
        const NAME: &str = "master_key_check";
        if self.master.is_none() {
            return Ok(true);
        }
        let mine = self.digest(NAME, "")?;
        for _ in 0..2 {
            let select = Select::new(INSTALLATION, system::SETTING, vec![Expr::column("value", Kind::Text)])
                .equals("name", Kind::Text, NAME)
                .limit(1);
            if let Some(Value::Text(theirs)) = store.rows(select).await?.first().and_then(|row| row.first()) {
                return Ok(*theirs == mine);
            }
            let mut batch = Batch::new(INSTALLATION);
            batch.insert(
                system::SETTING,
                vec![("name", Kind::Text, NAME.into()), ("value", Kind::Text, mine.clone().into())],
            );
            match store.commit(batch).await {
                Ok(()) | Err(CommitError::Unique { .. }) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
                Err(other) => return Err(Error::internal(other)),
            }
        }
        Ok(false)
    }
}

fn parse(text: &str) -> Option<[u8; KEY]> {
    HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).ok()?.try_into().ok()
}

/// Writes a new key beside, and links it into place: two processes that start at once agree on one.
fn write_new(folder: &Path, path: &Path) -> std::io::Result<()> {
    let mut key = [0; KEY];
    getrandom::fill(&mut key).map_err(|e| std::io::Error::other(e.to_string()))?;
    fs::create_dir_all(folder)?;
    let beside = folder.join(format!("{FILE}.{}", std::process::id()));
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(format!("{}\n", crate::token::hex(&key)).as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_owner_only() {
        let vault = Vault::new([7; KEY]);
        let sealed = vault.seal("totp", 42, b"secret").unwrap();
        assert_eq!(vault.unseal("totp", 42, &sealed).unwrap(), b"secret");
        assert_ne!(sealed, vault.seal("totp", 42, b"secret").unwrap(), "a nonce is used once");
        assert!(!sealed.contains("secret"));
        assert!(vault.unseal("totp", 43, &sealed).is_err());
        assert!(vault.unseal("other", 42, &sealed).is_err());
        assert!(Vault::new([8; KEY]).unseal("totp", 42, &sealed).is_err());
        let mut changed = sealed.clone().into_bytes();
        changed[20] ^= 1;
        for bad in [String::from_utf8_lossy(&changed).as_ref(), "", "v1.", "v2.AAAA", "v1.AAAA"] {
            assert!(vault.unseal("totp", 42, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_key_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Vault::open(folder.path(), None, false).unwrap().seal("totp", 1, b"x").is_err());
        let first = Vault::open(folder.path(), None, true).unwrap();
        let again = Vault::open(folder.path(), None, true).unwrap();
        assert_eq!(first.master, again.master);
        let path = folder.path().join(FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Vault::open(folder.path(), None, true).err().unwrap().contains("chmod 600"));
        let given = Vault::open(folder.path(), Some(&"ab".repeat(32)), false).unwrap();
        assert_eq!(given.master, Some([0xAB; KEY]));
        assert!(Vault::open(folder.path(), Some("short"), true).is_err());
    }
}
