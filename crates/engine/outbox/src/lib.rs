//! Messages that leave the house: rows written in the batch of what they follow from, delivered in order with back-off,
//! and visible to administrators. What became of a letter is told to the service whose record it was about
//! ([`kontor_records::Hear`]).
//!
//! A space that lets nothing out (a sandbox, unless its setting `outbound_mail` is `on`) and an installation without a
//! mail server hold their messages. Delivery is at least once: a process that dies between the server's yes and the
//! commit sends the message again, under the same `Message-ID`.

mod address;
mod deliver;
mod dkim;
mod files;
mod forget;
mod gate;
mod lanes;
mod mail;
mod mend;
mod message;
mod old;
mod outbox;
mod pace;
mod post;
mod row;
mod smtp;
mod teller;

pub use address::is_address;
pub use dkim::Dkim;
pub use files::File;
pub use forget::Forgotten;
pub use lanes::Delivery;
pub use message::{Body, Message, NewMessage, State};
pub use old::Old;
pub use outbox::{Composed, Filter, Outbox, Parts, Sealing, removed};
pub use smtp::{Mailer, Undelivered};
pub use teller::{Teller, withdrawn};

/// The setting of a space that lets its mail out, or holds it: `on` or `off`.
pub const OUTBOUND_MAIL: &str = "outbound_mail";
