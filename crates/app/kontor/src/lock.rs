//! One process per data directory; whoever else comes is told where the first one listens.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A data directory that is ours until this is dropped.
#[derive(Debug)]
pub struct DataLock {
    file: File,
}

/// Who has a data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    pub pid: String,
    /// `http://127.0.0.1:8080`, once it listens.
    pub url: Option<String>,
}

/// What a try gave.
#[derive(Debug)]
pub enum Taken {
    Ours(DataLock),
    Theirs(Holder),
}

fn path(data: &Path) -> PathBuf {
    data.join("kontor.lock")
}

/// Takes the directory, making it when it is missing.
///
/// # Errors
/// The directory cannot be made or written.
pub fn take(data: &Path) -> Result<Taken> {
    std::fs::create_dir_all(data).with_context(|| format!("the data directory {} cannot be made", data.display()))?;
    let path = path(data);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .with_context(|| format!("{} cannot be written; is the data directory read-only?", path.display()))?;
    match file.try_lock() {
        Ok(()) => {
            let mut lock = DataLock { file };
            lock.write("")?;
            Ok(Taken::Ours(lock))
        }
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            file.read_to_string(&mut text).ok();
            let mut lines = text.lines();
            let pid = lines.next().unwrap_or("unknown").to_owned();
            Ok(Taken::Theirs(Holder { pid, url: lines.next().filter(|u| !u.is_empty()).map(str::to_owned) }))
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("{} cannot be locked", path.display())),
    }
}

impl DataLock {
    /// A name that this directory's processes have one after the other, made once.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn identity(&self, data: &Path, make: impl FnOnce() -> String) -> Result<String> {
        let path = data.join("kontor.node");
        match std::fs::read_to_string(&path) {
            Ok(text) if !text.trim().is_empty() => return Ok(text.trim().to_owned()),
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("{} cannot be read", path.display()));
            }
            _ => {}
        }
        let identity = make();
        std::fs::write(&path, format!("{identity}\n"))
            .with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(identity)
    }

    /// Says where this process listens.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn announce(&mut self, url: &str) -> Result<()> {
        self.write(url)
    }

    fn write(&mut self, url: &str) -> Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        writeln!(self.file, "{}\n{url}", std::process::id())?;
        self.file.sync_data()?;
        Ok(())
    }
}
