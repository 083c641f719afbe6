//! Which records may be the same.

use super::{int, text};
use crate::schema::Table;

/// A key of a record, as a number: records that share one are compared. Read by the key alone, so that the primary
/// key serves it.
pub const MATCH_KEY: &str = "match_key";
/// How far the records of an object have their keys: the last one's id.
pub const MATCH_STATE: &str = "match_state";

pub(super) fn tables() -> Vec<Table> {
    vec![
        Table::new(MATCH_KEY, &["key", "record_id"], vec![int("key").not_null(), int("record_id").not_null()]),
        Table::new(MATCH_STATE, &["object"], vec![text("object"), int("last").not_null()]),
    ]
}
