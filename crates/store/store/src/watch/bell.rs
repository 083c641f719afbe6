//! Bells: who waits for changes of a table need not look for them.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use kontor_model::SpaceId;

use super::Commits;

/// Tells one listener where there were changes: in which spaces a table was changed, for the most part.
#[derive(Debug)]
pub struct Bell<T = SpaceId> {
    places: Mutex<BTreeSet<T>>,
    rung: tokio::sync::Notify,
}

/// For whoever tells other processes what this one has changed: spaces and tables.
pub type Abroad = Bell<(SpaceId, &'static str)>;

impl<T> Default for Bell<T> {
    fn default() -> Self {
        Self { places: Mutex::default(), rung: tokio::sync::Notify::new() }
    }
}

impl<T: Ord> Bell<T> {
    fn ring(&self, place: T) {
        if self.places.lock().unwrap_or_else(PoisonError::into_inner).insert(place) {
            self.rung.notify_one();
        }
    }

    /// The places where there were changes since they were taken last.
    pub fn take(&self) -> BTreeSet<T> {
        std::mem::take(&mut *self.places.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits for a change and takes the places where there were some.
    pub async fn rung(&self) -> BTreeSet<T> {
        loop {
            let places = self.take();
            if !places.is_empty() {
                return places;
            }
            self.rung.notified().await;
        }
    }
}

/// The bells of a process.
#[derive(Debug, Default)]
pub(super) struct Bells {
    of: RwLock<HashMap<&'static str, Vec<Arc<Bell>>>>,
    abroad: OnceLock<Arc<Abroad>>,
    /// Every change that others make is told here, too.
    told: AtomicBool,
    /// How often that has changed.
    turns: AtomicU64,
}

impl Bells {
    /// After a commit of this process.
    pub(super) fn ring<'a>(&self, changes: impl Iterator<Item = (SpaceId, &'a str)>) {
        let of = self.of.read().unwrap_or_else(PoisonError::into_inner);
        for (space, table) in changes {
            let Some((table, bells)) = of.get_key_value(table) else { continue };
            bells.iter().for_each(|bell| bell.ring(space));
            if let Some(abroad) = self.abroad.get() {
                abroad.ring((space, table));
            }
        }
    }
}

impl Commits {
    /// A bell that rings after every commit to a table, in whatever space: of this process, and as far as they are
    /// [heard](Commits::hear) of other ones. A name that no table has rings when somebody says so.
    pub fn bell(&self, table: &'static str) -> Arc<Bell> {
        let bell = Arc::new(Bell::default());
        self.bells.of.write().unwrap_or_else(PoisonError::into_inner).entry(table).or_default().push(bell.clone());
        bell
    }

    /// Rings the bells of a table, as a commit does.
    pub fn ring(&self, space: SpaceId, table: &str) {
        self.bells.ring(std::iter::once((space, table)));
    }

    /// Rings them for a change that another process has made.
    pub fn hear(&self, space: SpaceId, table: &str) {
        let of = self.bells.of.read().unwrap_or_else(PoisonError::into_inner);
        of.get(table).into_iter().flatten().for_each(|bell| bell.ring(space));
    }

    /// What this process changes in tables that have bells, for whoever tells it to others.
    pub fn abroad(&self) -> &Arc<Abroad> {
        self.bells.abroad.get_or_init(Arc::default)
    }

    /// Whether all changes are told here, so that looking for them may be rare: there are no other processes, or what
    /// they do is heard.
    pub fn is_told(&self) -> bool {
        self.bells.told.load(Ordering::Acquire)
    }

    pub fn set_told(&self, told: bool) {
        if self.bells.told.swap(told, Ordering::AcqRel) != told {
            self.bells.turns.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// How often [`Commits::is_told`] has changed: what others did in between may have been missed. Who looks rarely
    /// looks when it has.
    pub fn turns(&self) -> u64 {
        self.bells.turns.load(Ordering::Acquire)
    }
}
