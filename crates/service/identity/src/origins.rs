//! Which origins any space lists: browsers ask before they send a credential.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kontor_model::Result;
use kontor_store::Store;

/// How long a look at the settings of all spaces is believed.
const BELIEVED: Duration = Duration::from_secs(2);
const ANY: &str = "*";

/// The origins of all spaces.
pub struct Origins {
    store: Arc<dyn Store>,
    seen: Mutex<Option<(Instant, Arc<HashSet<String>>)>>,
}

impl Origins {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, seen: Mutex::new(None) }
    }

    /// Whether any space lists this origin, or all.
    ///
    /// # Errors
    /// The database's.
    pub async fn any_lists(&self, origin: &str) -> Result<bool> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let listed = match seen.filter(|(at, _)| at.elapsed() < BELIEVED) {
            Some((_, listed)) => listed,
            None => {
                let all = crate::settings::of_all_spaces(&*self.store).await?;
                let listed: Arc<HashSet<String>> =
                    Arc::new(all.iter().flat_map(|own| own.origins().map(str::to_owned)).collect());
                *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), listed.clone()));
                listed
            }
        };
        Ok(listed.contains(origin) || listed.contains(ANY))
    }
}
