//! Sandboxes: spaces to try things in, beside the live one of a workspace. Each is made empty, from samples, or as a
//! masked copy of live, filled anew and dropped by a durable job.
//!
//! A copy keeps every id. What names or reaches a person or a business is replaced ([`Masker`]): the same value by the
//! same value everywhere, under a key that is derived from the master key for each sandbox, so that neither the copy
//! nor the database leads back. Chunks are written before they are ticked off, and writing one again changes nothing:
//! after a kill the next holder of the job goes on.

mod copy;
mod handler;
mod mask;
mod sandbox;
mod service;
mod wipe;

pub use handler::KIND;

/// The kinds of jobs that [`Sandboxes::handlers`] do.
pub const KINDS: &[&str] = &[KIND];

pub use mask::Masker;
pub use sandbox::{From, Sandbox, State};
pub use service::{Filled, Furnisher, Parts, Rendered, Sandboxes};
