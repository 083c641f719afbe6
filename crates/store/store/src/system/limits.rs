//! What has been used of daily quotas.

use super::int;
use crate::schema::{Index, Table};

/// Requests of a credential on a day.
pub const DAY_USE: &str = "day_use";

pub(super) fn tables() -> Vec<Table> {
    // The day is counted from 1970-01-01 in UTC.
    vec![
        Table::new(DAY_USE, &["key_id", "day"], vec![int("key_id"), int("day"), int("used").not_null()])
            .index(Index::on("ix_day_use_day", &["space", "day"])),
    ]
}
