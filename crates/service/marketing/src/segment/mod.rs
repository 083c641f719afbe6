//! Segments: groups of records that fit a filter, followed or kept.
//!
//! A live segment has no rows of its own: its members are whoever fits when it is used. A frozen one keeps whom it found,
//! as rows; a tracked one is live and keeps rows, too, that say who came and went.

mod conditions;
mod freeze;
mod looks;
mod object;
mod preview;
mod rules;
mod tracking;

pub(crate) use conditions::{Members, page};
pub(crate) use freeze::Freeze;
pub(crate) use looks::{CountOf, MembersOf};
pub(crate) use object::{segment, segment_member};
pub use preview::preview;
pub(crate) use rules::Definitions;
pub(crate) use tracking::Tracking;
