//! What SQLite says, as the store's own errors.

use kontor_store::StoreError;
use rusqlite::{Error, ErrorCode};

/// Sorts a failure by what can be done about it.
pub(crate) fn store_error(error: Error) -> StoreError {
    let text = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StoreError::Full(text),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OperationInterrupted) => {
            StoreError::Timeout(text)
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged(text),
        Some(ErrorCode::CannotOpen | ErrorCode::SystemIoFailure) => StoreError::Unavailable(text),
        _ => StoreError::Internal(text),
    }
}

/// Whether a sum went beyond 64 bits, so that the question must be asked again for exact sums.
pub(crate) fn is_overflow(error: &Error) -> bool {
    matches!(error, Error::SqliteFailure(_, Some(text)) if text == "integer overflow")
}

/// What SQLite names when a value is taken: `table.column, table.column`, or the index when it is one of expressions.
pub(crate) fn taken(error: &Error) -> Option<&str> {
    const UNIQUE: i32 = rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE;
    const PRIMARY_KEY: i32 = rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY;
    match error {
        Error::SqliteFailure(code, Some(text)) if matches!(code.extended_code, UNIQUE | PRIMARY_KEY) => {
            text.strip_prefix("UNIQUE constraint failed: ")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn a_full_or_read_only_database_is_full() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch("PRAGMA max_page_count = 3; CREATE TABLE t (a)").unwrap();
        let error = db.execute("INSERT INTO t VALUES (zeroblob(100000))", []).unwrap_err();
        assert!(matches!(store_error(error), StoreError::Full(_)));
        db.execute_batch("PRAGMA query_only = ON").unwrap();
        let error = db.execute("INSERT INTO t VALUES (1)", []).unwrap_err();
        assert!(matches!(store_error(error), StoreError::Full(_)));
    }

    #[test]
    fn a_file_of_something_else_is_damaged() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), vec![b'x'; 4096]).unwrap();
        let db = Connection::open(file.path()).unwrap();
        let error = db.query_row("SELECT 1 FROM sqlite_master", [], |_| Ok(())).unwrap_err();
        assert!(matches!(store_error(error), StoreError::Damaged(_)));
    }
}
