//! Kontor's store over PostgreSQL 13 or later.
//!
//! Reads are pipelined over a few shared connections, slow ones go to a pool; commits are gathered by group writers.
//! No session state is relied upon (no SET, no session locks), and without prepared statements
//! ([`PostgresOptions::prepare`]) the store works behind transaction-mode poolers.

mod cells;
mod commit;
mod connect;
mod ddl;
mod error;
mod growth;
mod merge;
mod options;
mod param;
mod queue;
mod select;
mod store;
mod writer;

pub use options::PostgresOptions;
pub use store::PostgresStore;
