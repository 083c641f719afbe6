//! The certificate from files: read again when they change, or when the process is told to.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{Pair, Tls};
use crate::hash;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// Two files.
#[derive(Debug, Clone)]
pub struct Files {
    pub cert: PathBuf,
    pub key: PathBuf,
}

impl Files {
    /// Takes them into use.
    ///
    /// # Errors
    /// They cannot be read, or do not fit together.
    pub fn begin(&self, tls: &Tls) -> Result<(), String> {
        tls.install(Pair::read(&self.cert, &self.key)?);
        Ok(())
    }

    /// Looks after them. `again` changes when they are to be read at once; ends when its sender is gone.
    pub async fn keep(self, tls: Arc<Tls>, mut again: watch::Receiver<u64>) {
        let mut seen = self.digest();
        // Two files are not written at the same moment: what does not fit is looked at once more before it is refused.
        let mut doubtful = None;
        loop {
            let told = tokio::select! {
                told = again.changed() => match told {
                    Ok(()) => true,
                    Err(_) => return,
                },
                () = tokio::time::sleep(LOOK) => false,
            };
            tls.look();
            let now = self.digest();
            if now == seen && !told {
                continue;
            }
            match Pair::read(&self.cert, &self.key) {
                Ok(pair) if now != seen || tls.refused().is_some() => tls.install(pair),
                Ok(_) => {
                    tls.forgive();
                    tracing::info!("the TLS certificate has not changed");
                }
                Err(_) if !told && doubtful != Some(now) => {
                    doubtful = Some(now);
                    continue;
                }
                Err(why) => tls.refuse(&why),
            }
            seen = now;
            doubtful = None;
        }
    }

    /// Of what is in both; 0 for what cannot be read.
    fn digest(&self) -> (u64, u64) {
        let of = |path: &Path| std::fs::read(path).map_or(0, |bytes| hash::digest(&bytes));
        (of(&self.cert), of(&self.key))
    }
}
