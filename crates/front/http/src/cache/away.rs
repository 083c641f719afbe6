//! Whether the database is away: asked when an answer fails or does not come, and then until it is back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kontor_store::Commits;

use crate::Ready;

/// After so long without an answer the database is asked whether it is there, and it has as long to say so.
const PATIENCE: Duration = Duration::from_secs(1);
/// As [`PATIENCE`], while it is known to be away.
const HASTE: Duration = Duration::from_millis(50);
/// Between two questions.
const PAUSE: Duration = Duration::from_millis(250);

/// What the process thinks of its database.
pub struct Away {
    ready: Arc<Ready>,
    commits: Arc<Commits>,
    away: AtomicBool,
    asking: AtomicBool,
}

impl Away {
    pub fn new(ready: Arc<Ready>, commits: Arc<Commits>) -> Arc<Self> {
        Arc::new(Self { ready, commits, away: AtomicBool::new(false), asking: AtomicBool::new(false) })
    }

    pub fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }

    /// A database that has too much to do for this question, but answers others meanwhile, is there.
    async fn answers(&self) -> bool {
        let before = self.commits.answers();
        tokio::time::timeout(PATIENCE, self.ready.works()).await.unwrap_or_else(|_| self.commits.answers() > before)
    }

    /// Something failed: finds out whether it was the database, without waiting for it.
    pub fn suspect(self: &Arc<Self>) {
        if self.asking.swap(true, Ordering::SeqCst) {
            return;
        }
        let this = self.clone();
        tokio::spawn(async move {
            loop {
                let answers = this.answers().await;
                match (this.away.swap(!answers, Ordering::SeqCst), answers) {
                    (false, false) => {
                        tracing::warn!("the database is away: reads are answered from the cache, if at all")
                    }
                    (true, true) => tracing::info!("the database is back"),
                    _ => {}
                }
                tokio::time::sleep(PAUSE).await;
                if answers {
                    break;
                }
            }
            this.asking.store(false, Ordering::SeqCst);
        });
    }

    /// Ends when the database does not answer; as long as it is only slow, never.
    pub async fn unanswered(self: &Arc<Self>) {
        loop {
            tokio::time::sleep(if self.is_away() { HASTE } else { PATIENCE }).await;
            if self.is_away() || !self.answers().await {
                self.suspect();
                return;
            }
        }
    }
}
