//! Series of numbers without gaps.

use super::{int, text};
use crate::schema::Table;

/// The last number of each series of a space (`invoice 2026`).
pub const COUNTER: &str = "counter";

pub(super) fn table() -> Table {
    Table::new(COUNTER, &["series"], vec![text("series"), int("last").not_null()])
}
