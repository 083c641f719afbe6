//! The installation's master key: everything that is sealed or signed has a key derived from it, and the database has
//! none of them.

use std::io::{ErrorKind, Write};
use std::path::Path;

use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use kontor_model::{Error, Result};

/// The file in the data directory; readable by its owner only.
pub const FILE: &str = "master.key";
/// The variable that stands for the file, for installations of several processes. Never a setting in a file.
pub const VARIABLE: &str = "KONTOR_MASTER_KEY";
const LEAST: usize = 32;

/// The master key; derives others and is never shown.
#[derive(Clone)]
pub struct MasterKey(Vec<u8>);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(***)")
    }
}

impl MasterKey {
    /// The key that was `given`, or the one in the data directory, made at the first start.
    ///
    /// # Errors
    /// A key of less than 32 characters; a file that cannot be read or made.
    pub fn load(data: &Path, given: Option<&str>) -> Result<Self> {
        if let Some(given) = given.map(str::trim).filter(|key| !key.is_empty()) {
            return Self::checked(given, VARIABLE);
        }
        let path = data.join(FILE);
        let shown = path.display().to_string();
        let failed = |error: std::io::Error| Error::internal(format!("{shown}: {error}"));
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::checked(text.trim(), &shown),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Self::make(data, &path).map_err(failed)?;
                let text = std::fs::read_to_string(&path).map_err(failed)?;
                Self::checked(text.trim(), &shown)
            }
            Err(error) => Err(failed(error)),
        }
    }

    fn checked(text: &str, place: &str) -> Result<Self> {
        if text.len() < LEAST {
            return Err(Error::internal(format!("{place} holds less than {LEAST} characters and is no master key")));
        }
        Ok(Self(text.as_bytes().to_vec()))
    }

    /// Written whole beside its place, and then linked there: of two processes that start at once one has it, and no
    /// process reads half a key.
    fn make(data: &Path, path: &Path) -> std::io::Result<()> {
        std::fs::create_dir_all(data)?;
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(|error| std::io::Error::other(error.to_string()))?;
        let beside = data.join(format!("{FILE}.{}", std::process::id()));
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(crate::token::hex(&bytes).as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        let linked = match std::fs::hard_link(&beside, path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            other => other,
        };
        std::fs::remove_file(&beside)?;
        linked?;
        std::fs::File::open(data)?.sync_all()
    }

    /// A key for one purpose, by HKDF-SHA-256 (RFC 5869); `info` names the purpose.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn derive(&self, info: &str) -> Result<[u8; 32]> {
        let failed = |_| Error::internal("a key could not be derived");
        let mut key = [0_u8; 32];
        let purpose = [info.as_bytes()];
        let extracted = Salt::new(HKDF_SHA256, b"kontor").extract(&self.0);
        extracted.expand(&purpose, HKDF_SHA256).map_err(failed)?.fill(&mut key).map_err(failed)?;
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_once_and_read_by_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        let first = MasterKey::load(&data, None).unwrap();
        let again = MasterKey::load(&data, None).unwrap();
        assert_eq!(first.derive("audit").unwrap(), again.derive("audit").unwrap());
        assert_ne!(first.derive("audit").unwrap(), first.derive("other").unwrap());
        assert!(!format!("{first:?}").contains(&String::from_utf8(first.0.clone()).unwrap()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(data.join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(std::fs::read_dir(&data).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn the_variable_stands_for_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let made = MasterKey::load(directory.path(), None).unwrap();
        let text = std::fs::read_to_string(directory.path().join(FILE)).unwrap();
        let given = MasterKey::load(Path::new("/nowhere"), Some(&text)).unwrap();
        assert_eq!(made.derive("x").unwrap(), given.derive("x").unwrap());
        assert!(MasterKey::load(directory.path(), Some("short")).is_err());
    }
}
