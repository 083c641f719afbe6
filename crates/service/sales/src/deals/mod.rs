//! Deals: where they stand, what they are worth, what is done to them.

mod acts;
mod object;
mod place;
mod rule;
mod standing;

pub(crate) use self::acts::{Lose, Move, Reopen, Win};
pub(crate) use self::object::{deal, deal_line, stage_visit};
pub(crate) use self::rule::Deals;
