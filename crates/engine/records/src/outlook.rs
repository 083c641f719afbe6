//! A sight for rules of time, which no set of changes comes with.

use crate::counters::Counters;
use crate::{Ctx, Records, Sight};

/// What a [`Sight`] of its own stands on.
#[derive(Debug, Default)]
pub struct Outlook(Counters);

impl Outlook {
    /// What there is to see now; records that it has found are kept as they were then.
    pub fn of<'a>(&'a self, records: &'a Records, ctx: &'a Ctx) -> Sight<'a> {
        Sight::new(records, ctx, records.clock().now_ms(), None, &self.0)
    }
}
