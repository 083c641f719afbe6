//! Messages that leave the house: rows written in the batch of what they follow from, delivered by a durable job with
//! back-off, and visible to administrators.
//!
//! A space that lets nothing out (a sandbox, unless its setting `outbound_mail` is `on`) and an installation without a
//! mail server hold their messages. Delivery is at least once: a process that dies between the server's yes and the
//! commit sends the message again, under the same `Message-ID`.

mod address;
mod deliver;
mod forget;
mod gate;
mod message;
mod outbox;
mod row;
mod smtp;

pub use deliver::KIND;
pub use forget::Forgotten;
pub use message::{Message, NewMessage, State};
pub use outbox::{Composed, Filter, Outbox, Parts, Sealing};
pub use smtp::{Mailer, Undelivered};

/// The setting of a space that lets its mail out, or holds it: `on` or `off`.
pub const OUTBOUND_MAIL: &str = "outbound_mail";
