//! Erasing the personal part of entries: values, address and salt go, the commitment stays, so that the chain holds.
//!
//! Whoever redacts also writes an entry that says so: `purge` or `erase` of the same record. Verification asks for it.

use kontor_model::{Kind, Value};
use kontor_store::{ColumnRef, Set, Write, system};

/// Actions whose entries order a redaction.
pub const ORDERS: &[&str] = &["purge", "erase"];

fn gone(now: i64) -> Vec<(ColumnRef, Set)> {
    let null = |name: &str, kind| (ColumnRef::new(name, kind), Set::To(Value::Null));
    vec![
        null("changes", Kind::Text),
        null("ip", Kind::Text),
        null("salt", Kind::Bytes),
        (ColumnRef::new("redacted_at", Kind::Int), Set::To(Value::Int(now))),
    ]
}

fn update(key: &str, value: i64, now: i64) -> Write {
    Write::Update {
        table: crate::entry::table(),
        keys: vec![system::key(key, Kind::Int, value)],
        set: gone(now),
        must: false,
        search: None,
    }
}

/// All entries of a record.
pub fn record(record_id: i64, now: i64) -> Write {
    update("record_id", record_id, now)
}

/// One entry that belongs to no record (an export's filter may name a person); the ordering entry lists it under
/// `changes.entries`.
pub fn entry(id: i64, now: i64) -> Write {
    update("id", id, now)
}
