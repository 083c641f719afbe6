//! The store inside: SQLite with one thread that writes and a few that read.
//!
//! Writes of many callers share one transaction and one sync of the log (`synchronous=FULL`); reads never wait for
//! them. Every thread has a connection of its own and keeps its statements prepared.

mod backup;
mod bind;
mod checkpoint;
mod connect;
mod error;
mod functions;
mod known;
mod migrate;
mod read;
mod scrub;
mod store;
mod write;
mod writer;

pub use backup::{restore, verify};
pub use connect::SqliteOptions;
pub use store::SqliteStore;
