//! Tickets by mail: what comes in for a queue or as an answer, what goes out to the asker, and what became of it.

mod asker;
mod fates;
pub(crate) mod files;
mod letters;
mod receive;
mod satisfaction;

pub(crate) use fates::Fates;
pub(crate) use letters::answer;
pub(crate) use receive::Incoming;
pub(crate) use satisfaction::{Page, request};
