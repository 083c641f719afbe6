//! Live reports: their groups are kept, changed by the events of the records that are counted, and read instead of
//! counting every record again ([ADR 36](../../../../docs/adr/0036-live-reports.md)).
//!
//! What a record has added to which group is a row (`report_share`). An event of the record takes that out of its
//! group and puts in what the record adds as it is now, so that an event that comes twice, late or without its record
//! changes nothing. Every commit raises the counter's version and stands on the one that was read.

mod answer;
mod build;
mod consumer;
mod counter;
mod parts;
mod rebuild;
mod shares;

use kontor_model::Id;

pub(crate) use answer::groups;
pub(crate) use build::Building;
pub(crate) use consumer::Counting;
pub(crate) use parts::parts;
pub(crate) use rebuild::Rebuild;

/// A live report that is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Live {
    pub report: Id,
    /// When it was last asked to be counted anew (Unix milliseconds); 0 when never.
    pub asked_at: i64,
}

/// Names the consumer's cursor.
pub(crate) const CONSUMER: &str = "live-reports";
