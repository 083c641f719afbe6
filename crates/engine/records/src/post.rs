//! Letters of changes: composed before the commit, so that they are rows of the same batch.

use futures::future::BoxFuture;
use kontor_model::{Id, Letter, Result, SpaceId};
use kontor_store::Write;

/// What letters of a space are given to.
pub trait Post: Send + Sync {
    /// The writes that put a letter about a record on its way. A letter that cannot be sent is kept with its reason, and
    /// refuses nothing.
    ///
    /// # Errors
    /// The database's.
    fn compose<'a>(&'a self, space: SpaceId, letter: &'a Posted) -> BoxFuture<'a, Result<Vec<Write>>>;

    /// Called after the commit.
    fn wake(&self);
}

/// A letter and the record that it is about.
#[derive(Debug, Clone)]
pub struct Posted {
    pub object: String,
    pub id: Id,
    pub letter: Letter,
}
