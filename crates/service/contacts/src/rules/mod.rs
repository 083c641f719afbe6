//! Rules about changes.

mod consents;
mod conversions;
mod hierarchy;
mod stages;

use std::sync::Arc;

use kontor_records::{Hook, Touched};

pub(crate) fn all() -> Vec<Arc<dyn Hook>> {
    vec![
        Arc::new(consents::OneInForce),
        Arc::new(hierarchy::NoCycles),
        Arc::new(stages::Forward),
        Arc::new(conversions::Conversions),
        Arc::new(kontor_records::bounces::Unmark(&["contact"])),
    ]
}

/// Whether it is made just now, and does not come back from the bin.
fn is_made(record: &Touched<'_>) -> bool {
    record.is_new() && record.value("version").as_i64() == Some(1)
}
