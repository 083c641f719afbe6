//! Requests through the door to a database and back.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod bulk;
mod door;
mod house;
mod questions;
mod records;
mod request_log;
mod sockets;
