//! What the server's errors mean.

use kontor_store::StoreError;
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, Severity, SqlState};

/// What to do about a failed statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The connection is gone, and with it every transaction that was not committed.
    Broken,
    /// Two transactions met: the same again may pass.
    Again,
    /// The statement of this connection is not known any more, or its plan is of an older table.
    Stale,
    /// An earlier statement of the transaction failed.
    Follows,
    /// The server's answer is final.
    Final,
}

pub fn kind(error: &Error) -> Kind {
    let Some(db) = error.as_db_error() else {
        // Encoding failed before anything was sent; everything else is the connection.
        return if is_ours(error) { Kind::Final } else { Kind::Broken };
    };
    if is_fatal(db) {
        return Kind::Broken;
    }
    match db.code() {
        code if *code == SqlState::T_R_DEADLOCK_DETECTED || *code == SqlState::T_R_SERIALIZATION_FAILURE => Kind::Again,
        code if *code == SqlState::INVALID_SQL_STATEMENT_NAME => Kind::Stale,
        code if *code == SqlState::FEATURE_NOT_SUPPORTED && db.message().contains("cached plan") => Kind::Stale,
        code if *code == SqlState::IN_FAILED_SQL_TRANSACTION => Kind::Follows,
        _ => Kind::Final,
    }
}

fn is_fatal(db: &DbError) -> bool {
    matches!(db.parsed_severity(), Some(Severity::Fatal | Severity::Panic)) || db.code().code().starts_with("08")
}

/// A value or row that this side could not write or read.
fn is_ours(error: &Error) -> bool {
    let text = error.to_string();
    !error.is_closed()
        && ["error serializing", "error deserializing", "expected ", "invalid column"]
            .iter()
            .any(|s| text.starts_with(s))
}

/// The index that a unique violation names.
pub fn taken(error: &Error) -> Option<String> {
    let db = error.as_db_error()?;
    (*db.code() == SqlState::UNIQUE_VIOLATION).then(|| db.constraint().unwrap_or_default().to_owned())
}

/// Whether the statement was cancelled.
pub fn cancelled(error: &Error) -> bool {
    error.code() == Some(&SqlState::QUERY_CANCELED)
}

/// The failure as the engine knows it. The inner text goes to the log only.
pub fn store_error(error: &Error) -> StoreError {
    let text = describe(error);
    let Some(db) = error.as_db_error() else {
        return if is_ours(error) { StoreError::Internal(text) } else { StoreError::Unavailable(text) };
    };
    if is_fatal(db) {
        return StoreError::Unavailable(text);
    }
    match db.code().code() {
        "57014" | "55P03" => StoreError::Timeout(text),
        "53100" | "25006" => StoreError::Full(text),
        "XX001" | "XX002" => StoreError::Damaged(text),
        "53000" | "53200" | "53300" | "57P01" | "57P02" | "57P03" | "40001" | "40P01" => StoreError::Unavailable(text),
        _ => StoreError::Internal(text),
    }
}

/// The server's own words, with its code and what it names.
pub fn describe(error: &Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("{} ({})", db.message(), db.code().code()),
        None => match std::error::Error::source(error) {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        },
    }
}
