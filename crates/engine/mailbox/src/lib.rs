//! Mail that comes in (RFC 5322): read, matched to what it answers, handed to the service that takes it, and filed once.
//!
//! What a mail says of itself is not believed: a sender's address says whose record it is about, never what may be done.
//! A conversation is recognised by names that nobody guesses: the `Message-ID` of a mail that left the outbox, or the
//! [thread] that a service has put into its references.

mod bounce;
pub mod copies;
pub mod files;
mod flat;
mod fresh;
mod journal;
mod mail;
mod room;
mod thread;

pub use bounce::Bounce;
pub use fresh::fresh;
pub use journal::{Entry, Outcome};
pub use mail::{File, Mail, Person};
pub use room::{Arrived, Mailroom, Receive, Taken, Where};
pub use thread::{PAGE, thread};
