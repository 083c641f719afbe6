//! How many changes are under way: what can wait lets them go first.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Records;

/// A count of changes.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(AtomicUsize);

/// One of them, until it is dropped.
#[derive(Debug)]
pub(crate) struct Entered<'a>(&'a UnderWay);

impl UnderWay {
    pub fn enter(&self) -> Entered<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Entered(self)
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Records {
    /// Changes that this process is making at the moment, in whatever space.
    pub fn under_way(&self) -> usize {
        self.under_way.0.load(Ordering::Relaxed)
    }
}
