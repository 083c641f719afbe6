//! What this service asks of those who keep people's logins.

use futures::future::BoxFuture;
use kontor_model::{Id, Result, SpaceId};

/// People's logins, which are kept beside their records and may open other spaces too.
pub trait Logins: Send + Sync {
    /// The address that the user of a space signs in with.
    ///
    /// # Errors
    /// The database's.
    fn address(&self, space: SpaceId, user: Id) -> BoxFuture<'_, Result<Option<String>>>;

    /// Takes away what lets the user into the space, and the whole login when no other space knows it; whether there
    /// was anything.
    ///
    /// # Errors
    /// The database's.
    fn forget(&self, space: SpaceId, user: Id) -> BoxFuture<'_, Result<bool>>;
}
