//! What the command line does to credentials is in the audit of their space.

use kontor_audit::{NewEntry, Who};
use kontor_model::{Clock, Error, Id, IdGenerator, Result, SpaceId};
use kontor_store::{Batch, CommitError, Store};

/// Writes down what is about to be done to a credential.
///
/// # Errors
/// The database's: then it is not to be done.
pub async fn note(
    store: &dyn Store,
    clock: &dyn Clock,
    ids: &IdGenerator,
    space: SpaceId,
    key: Id,
    action: &str,
    changes: &serde_json::Value,
) -> Result<()> {
    let entry = NewEntry {
        id: ids.next(),
        at: clock.now_ms(),
        object: "api_key",
        record_id: key.0,
        version: 0,
        action,
        who: Who::default(),
        request_id: "command line",
        changes: changes.to_string(),
    };
    match store.commit(Batch { space, writes: vec![entry.write()?] }).await {
        Ok(()) => Ok(()),
        Err(CommitError::Store(error)) => Err(error.into()),
        Err(other) => Err(Error::internal(other)),
    }
}
