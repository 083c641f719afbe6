//! Sequences: steps that a person is taken through one after another, until something ends it.
//!
//! Who is in a sequence keeps the position of the step that was done last, and looks for the next one when its time has
//! come: so a sequence may be changed while people are in it. A step and the note that it was done are one commit.

mod acts;
mod going;
mod hears;
mod object;
mod progress;
mod rules;
mod stops;

pub(crate) use acts::{Enrol, Pause, Resume, Unenrol};
pub(crate) use going::Going;
pub(crate) use hears::Fates;
pub(crate) use object::{enrolment, sequence, sequence_step};
pub(crate) use progress::Progress;
pub(crate) use rules::{Enrolments, Steps};
pub(crate) use stops::stopped;

/// The page by which those who got a sequence's mail leave.
pub(crate) const PAGE: &str = "leave";
