//! A consistent copy while the store goes on, sealed with a digest of every byte: SQLite itself would not see that a
//! text or a number has changed.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use kontor_store::StoreError;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};

use crate::connect::{APPLICATION, helper};
use crate::error::store_error;

/// Copies the database at `from` to `to`, checks the copy, and only then gives it its name.
///
/// # Errors
/// [`StoreError::Full`] when `to` is there already or cannot be written, [`StoreError::Damaged`] when the copy (and so
/// the source) does not pass its check.
pub(crate) fn backup(from: &Path, to: &Path) -> Result<(), StoreError> {
    if to.exists() {
        return Err(StoreError::Full(format!("{} is there already; a backup replaces nothing", to.display())));
    }
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    let _ = fs::remove_file(part);
    let outcome = copy(from, part).and_then(|()| {
        let written = |error: std::io::Error| StoreError::Full(format!("{}: {error}", to.display()));
        seal(part).map_err(written)?;
        fs::rename(part, to).map_err(written)?;
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(written)
    });
    if outcome.is_err() {
        let _ = fs::remove_file(part);
    }
    outcome
}

fn copy(from: &Path, part: &Path) -> Result<(), StoreError> {
    let source = helper(from).map_err(store_error)?;
    let mut target = Connection::open(part).map_err(|error| StoreError::Full(error.to_string()))?;
    {
        let copying = Backup::new(&source, &mut target).map_err(store_error)?;
        // All pages in one step are one moment; page by page would begin anew with every commit.
        while !matches!(copying.step(-1).map_err(store_error)?, StepResult::Done) {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
    // A copy stands alone: without a log beside it.
    target.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(())).map_err(store_error)?;
    check(&target)?;
    target.close().map_err(|(_, error)| store_error(error))
}

/// What a backup ends with, before 64 hexadecimal digits and a line's end. SQLite does not read beyond the last page.
const SEAL: &str = "kontor-backup-sha256:";
const SEAL_LENGTH: u64 = SEAL.len() as u64 + 65;

fn seal(path: &Path) -> io::Result<()> {
    let digest = digest(&mut File::open(path)?, u64::MAX)?;
    let mut file = File::options().append(true).open(path)?;
    file.write_all(trailer(&digest).as_bytes())?;
    file.sync_all()
}

fn trailer(digest: &str) -> String {
    format!("{SEAL}{digest}\n")
}

/// Of the first `length` bytes.
fn digest(file: &mut File, length: u64) -> io::Result<String> {
    let (mut hash, mut rest, mut buffer) = (Sha256::new(), length, vec![0; 1 << 20]);
    loop {
        let most = buffer.len().min(usize::try_from(rest).unwrap_or(usize::MAX));
        let read = file.read(buffer.get_mut(..most).unwrap_or_default())?;
        if read == 0 {
            break;
        }
        hash.update(buffer.get(..read).unwrap_or_default());
        rest -= read as u64;
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Copies a backup to `to`, where nobody may read yet, and checks every byte, page and index of the copy.
///
/// # Errors
/// [`StoreError::Damaged`] for one that has changed since it was made, or is cut off, or was not made by
/// [`kontor_store::Store::backup`]; [`StoreError::Full`] when it cannot be copied. Nothing is left at `to` then.
pub fn restore(from: &Path, to: &Path) -> Result<(), StoreError> {
    let copied = |error: io::Error| StoreError::Full(format!("{}: {error}", from.display()));
    let outcome =
        fs::copy(from, to).map_err(copied).and_then(|_| unseal(to).map_err(copied)?).and_then(|()| verify(to));
    if outcome.is_err() {
        let _ = fs::remove_file(to);
    }
    outcome
}

/// Takes the seal off a file that it fits.
fn unseal(path: &Path) -> io::Result<Result<(), StoreError>> {
    let mut file = File::options().read(true).write(true).open(path)?;
    let damaged = |text: &str| Ok(Err(StoreError::Damaged(text.to_owned())));
    let Some(length) = file.metadata()?.len().checked_sub(SEAL_LENGTH) else {
        return damaged("the file is too short for a backup");
    };
    let digest = digest(&mut file, length)?;
    let mut found = Vec::new();
    file.read_to_end(&mut found)?;
    if !found.starts_with(SEAL.as_bytes()) {
        return damaged(
            "its end, which has the digest of all before, is not there: it is cut off, or kontor backup did not write it",
        );
    }
    if found != trailer(&digest).as_bytes() {
        return damaged("it has changed since it was written");
    }
    file.set_len(length)?;
    file.sync_all()?;
    Ok(Ok(()))
}

/// Reads every page and index of a database that nobody writes.
///
/// # Errors
/// [`StoreError::Damaged`] with the first thing that is wrong; [`StoreError::Schema`] for another program's file.
pub fn verify(path: &Path) -> Result<(), StoreError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(store_error)?;
    check(&connection)?;
    let id: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(store_error)?;
    if id != APPLICATION {
        return Err(StoreError::Schema("the file is no database of Kontor".to_owned()));
    }
    Ok(())
}

fn check(connection: &Connection) -> Result<(), StoreError> {
    let said: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(store_error)?;
    if said == "ok" { Ok(()) } else { Err(StoreError::Damaged(said)) }
}
