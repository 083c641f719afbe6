//! Says when the log of a space goes on: at once for what this process numbered, by looking for the rest.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kontor_model::{Result, SpaceId};
use kontor_store::{Bell, Commits, Store, system};
use tokio::sync::watch;

use crate::head;

/// Between two looks for what other processes have numbered, where that is not told.
const LOOK: Duration = Duration::from_millis(50);
/// The same where it is.
const LOOK_TOLD: Duration = Duration::from_secs(1);

/// The last numbers of logs that somebody waits for.
pub struct Feed {
    store: Arc<dyn Store>,
    bell: Arc<Bell>,
    commits: Arc<Commits>,
    spaces: Mutex<HashMap<SpaceId, watch::Sender<i64>>>,
}

impl Feed {
    pub fn new(store: Arc<dyn Store>, commits: &Arc<Commits>) -> Self {
        Self { store, bell: commits.bell(system::EVENT_HEAD), commits: commits.clone(), spaces: Mutex::default() }
    }

    /// The last number of a space's log, as it goes on.
    pub fn watch(&self, space: SpaceId) -> watch::Receiver<i64> {
        let mut spaces = self.spaces.lock().unwrap_or_else(PoisonError::into_inner);
        spaces.entry(space).or_insert_with(|| watch::Sender::new(0)).subscribe()
    }

    /// Looks until the process stops.
    pub async fn run(&self, mut stopped: watch::Receiver<bool>) {
        loop {
            let pause = if self.commits.is_told() { LOOK_TOLD } else { LOOK };
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => return,
                _ = self.bell.rung() => {}
                () = tokio::time::sleep(pause) => {}
            }
            for space in self.waited_for() {
                if let Err(error) = self.look(space).await {
                    tracing::debug!(space = space.0, %error, "the log could not be looked at");
                }
            }
        }
    }

    fn waited_for(&self) -> Vec<SpaceId> {
        let mut spaces = self.spaces.lock().unwrap_or_else(PoisonError::into_inner);
        spaces.retain(|_, sender| sender.receiver_count() > 0);
        spaces.keys().copied().collect()
    }

    async fn look(&self, space: SpaceId) -> Result<()> {
        let last = head(&*self.store, space).await?.last;
        let spaces = self.spaces.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = spaces.get(&space) {
            sender.send_if_modified(|known| std::mem::replace(known, last) != last);
        }
        Ok(())
    }
}
