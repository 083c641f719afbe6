//! What business asks for: imports with look-ups, checks for duplicates, the pipeline's report, conversions. The product
//! against the same work done by hand on the same database, or against itself.

mod convert;
mod deals;
mod duplicates;
mod raw;

pub use convert::run as convert;
pub use deals::run as deals;
pub use duplicates::run as duplicates;
