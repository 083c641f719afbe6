//! How a store fails. What the caller reads is decided here once; what the log holds is the inner text.

use kontor_model::{Error, ErrorCode};

/// A failure of the database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The statement took longer than it may, or waited too long for its turn.
    #[error("database timeout: {0}")]
    Timeout(String),
    /// The database cannot be reached.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// No room, or the file may not be written.
    #[error("storage full or read-only: {0}")]
    Full(String),
    /// The schema in the database is not one that this program can work with.
    #[error("{0}")]
    Schema(String),
    /// Damage that the database reports about itself.
    #[error("database damaged: {0}")]
    Damaged(String),
    #[error("database error: {0}")]
    Internal(String),
    /// The store is closing.
    #[error("the store is closed")]
    Closed,
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let (code, detail) = match &error {
            StoreError::Timeout(_) => (ErrorCode::DatabaseTimeout, "the database did not answer in time"),
            StoreError::Unavailable(_) | StoreError::Closed => {
                (ErrorCode::Unavailable, "the database cannot be reached at the moment")
            }
            StoreError::Full(_) => (ErrorCode::StorageFull, "the storage is full or read-only; nothing was changed"),
            StoreError::Schema(_) | StoreError::Damaged(_) | StoreError::Internal(_) => return Error::internal(error),
        };
        Error::new(code, detail).with_internal(error)
    }
}

/// Why a batch was not committed; nothing of it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The write at this place of the batch found no row (its guard or key did not hold).
    #[error("the guard of write {write} did not hold")]
    Guard { write: usize },
    /// The write at this place met a value that is taken.
    #[error("write {write} met a taken value in index {index}")]
    Unique { write: usize, index: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// For who has no rule of their own behind guards and unique values.
impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Store(error) => error.into(),
            other => Error::internal(other),
        }
    }
}
