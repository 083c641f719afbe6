//! Campaigns: one message to many, each of whom may still be written to when their turn comes.
//!
//! Whom a campaign reaches is written down first, as members; then each member's letter leaves in the commit that says
//! that it was sent. A process that dies in between has sent nothing, and another goes on behind it.

mod acts;
mod fates;
mod object;
mod results;
mod rules;
mod sending;

pub(crate) use acts::{Cancel, Complete, Enrol, Launch, Pause, Resume};
pub(crate) use fates::Fates;
pub(crate) use object::{campaign, campaign_member};
pub(crate) use results::Results;
pub(crate) use rules::{Campaigns, Members};
pub(crate) use sending::Sending;

/// The page by which those who got a campaign's mail leave.
pub(crate) const PAGE: &str = "unsubscribe";
