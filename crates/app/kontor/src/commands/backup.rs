//! `kontor backup` and `kontor restore`: a copy that was verified, and a way back.

use std::path::Path;

use anyhow::{Context, Result, bail};
use kontor_config::Config;

use crate::cli;
use crate::house::{self, Use};
use crate::lock::{self, Taken};

/// Copies the database while it is in use, and checks the copy.
///
/// # Errors
/// The file is there already; PostgreSQL, whose own tools do this; damage in the copy.
pub async fn backup(command: cli::Backup, config: &Config) -> Result<()> {
    if command.to.exists() {
        bail!("{} is there already; name a file that is not", command.to.display());
    }
    let store = house::open_store(config, Use::Beside).await?;
    let outcome = store.backup(command.to.clone()).await;
    store.close().await;
    if let Err(error) = outcome {
        std::fs::remove_file(&command.to).ok();
        bail!("{error}");
    }
    let bytes = std::fs::metadata(&command.to).map_or(0, |m| m.len());
    eprintln!("{bytes} bytes in {}, verified", command.to.display());
    Ok(())
}

/// Puts a backup in place of the database; needs the server to be stopped.
///
/// # Errors
/// A server is running; there is a database and no --force; the backup is damaged or of another program.
pub async fn restore(command: cli::Restore, config: &Config) -> Result<()> {
    if config.database_url.is_some() {
        bail!("restore a PostgreSQL database with pg_restore");
    }
    let _lock = match lock::take(&config.data)? {
        Taken::Ours(lock) => lock,
        Taken::Theirs(holder) => bail!("process {} is using {}; stop it first", holder.pid, config.data.display()),
    };
    let target = house::database_file(&config.data);
    if target.exists() && !command.force {
        bail!("{} is there already; --force puts it aside and goes on", target.display());
    }
    let fresh = config.data.join("kontor.db.restoring");
    if let Err(error) = kontor_store_sqlite::restore(&command.from, &fresh) {
        bail!("{} is not a sound backup: {error}", command.from.display());
    }
    let aside = |end: &str| config.data.join(format!("kontor.db.before-restore{end}"));
    if target.exists() {
        // After a crash the last changes are only in the log, which goes with its database.
        remove(&aside("-wal"))?;
        std::fs::rename(&target, aside(""))?;
        let log = config.data.join("kontor.db-wal");
        if log.exists() {
            std::fs::rename(log, aside("-wal"))?;
        }
    }
    for leftover in ["kontor.db-wal", "kontor.db-shm"] {
        remove(&config.data.join(leftover))?;
    }
    std::fs::rename(&fresh, &target)?;
    std::fs::File::open(&config.data).and_then(|d| d.sync_all()).ok();
    eprintln!("restored {}", target.display());
    Ok(())
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", path.display()))
        }
        _ => Ok(()),
    }
}
