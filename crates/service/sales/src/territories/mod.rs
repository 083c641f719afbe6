//! Territories: which part of the market a company, a lead or a deal belongs to.

mod acts;
mod map;
mod object;
mod rule;
mod sweep;

pub(crate) use acts::Assign;
pub(crate) use object::territory;
pub(crate) use rule::{Assignment, Definitions};
pub(crate) use sweep::Reassignment;
