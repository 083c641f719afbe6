//! The event log: what happened in a space, in an order without gaps (api.md 10; CloudEvents 1.0.2).
//!
//! An event is a row of the commit that it tells of, without a place in the log. Behind the commits one process, the
//! one with the lease, runs the [`Relay`]: it gives each event that has none the next number of its space. An event
//! that commits late gets a later number, so nothing that was read is ever overtaken or skipped
//! ([ADR 26](../../../docs/adr/0026-event-log.md)).
//!
//! Readers go by numbers: [`page`] reads what a caller may see, a [`Feed`] says when there is more, and a
//! [`Cursor`] keeps how far a consumer has come, raised in the same commit as what the consumer did. A service that does
//! something when something happens is a [`Consumer`] ([ADR 32](../../../docs/adr/0032-workflows.md)).

mod consumer;
mod cursor;
mod dead;
mod envelope;
mod feed;
mod log;
mod pattern;
mod relay;
mod retention;
mod row;
mod touched;
mod view;

pub use consumer::{Consumed, Consumer, Effects, Patience, Standing, consume};
pub use cursor::Cursor;
pub use dead::{Dead, Which, dead, replay};
pub use envelope::Event;
pub use feed::Feed;
pub use log::{Head, head, since};
pub use pattern::{Subjects, Types};
pub use relay::Relay;
pub use retention::forget;
pub use row::{Row, by_ids, read};
pub use touched::{object_of, touched};
pub use view::{Page, open, page, page_back, shown};
