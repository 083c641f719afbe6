//! What services do when time has come: quotes run out, invoices become overdue, clocks strike.

use std::time::Duration;

use futures::future::BoxFuture;
use kontor_model::Result;

use crate::{Ctx, Records};

/// A rule of time. It is asked again and again, in each space, by each process: what it does it does by changes that
/// stand on what it read, so that two who do it at once do it once.
pub trait Sweep: Send + Sync {
    /// For the log.
    fn name(&self) -> &'static str;

    /// How long it can wait.
    fn every(&self) -> Duration;

    /// Tables of records: where one of them is changed, something may be due that nobody wants to wait for.
    fn wakes(&self) -> &'static [&'static str] {
        &[]
    }

    /// Does what is due; says how many records it changed.
    ///
    /// # Errors
    /// The database's.
    fn run<'a>(&'a self, records: &'a Records, ctx: &'a Ctx) -> BoxFuture<'a, Result<usize>>;
}
