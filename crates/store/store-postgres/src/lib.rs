//! Kontor's store over PostgreSQL 13 or later.
//!
//! Reads are pipelined over a few shared connections, slow ones go to a pool; commits are gathered by group writers.
//! Statements run as a role without rights of its own, and are preceded by their space, for row security (ADR 15).
//! Without prepared statements ([`PostgresOptions::prepare`]) no state of a session is relied upon, and the store works
//! behind transaction-mode poolers.

mod cells;
mod commit;
mod connect;
mod ddl;
mod error;
mod growth;
mod guard;
mod herald;
mod merge;
mod options;
mod param;
mod queue;
mod role;
mod scope;
mod select;
mod store;
mod writer;

pub use herald::herald;
pub use options::{PostgresOptions, RowSecurity};
pub use store::PostgresStore;
