//! Names of conversations, for `References` (RFC 5322, 3.6.4): signed, so that they lead only where they were made for.

use kontor_model::{Id, Result, SpaceId};
use kontor_records::Records;

/// What the names are signed as: they open no page.
pub const PAGE: &str = "thread";

/// The name of the conversation about a record, without its brackets; whoever answers a mail that refers to it gets to
/// that record.
///
/// # Errors
/// An object's name that is too long for it.
pub fn thread(records: &Records, space: SpaceId, object: &str, id: Id) -> Result<String> {
    let token = records.token(PAGE, space, id, object)?;
    let host = records.address().and_then(|url| url.split("://").nth(1)).unwrap_or("localhost");
    let host = host.split(['/', ':']).next().unwrap_or("localhost");
    Ok(format!("{token}@{host}"))
}
