//! The stages of resolution, each a file, each a pure function.

mod common;
mod companions;
mod merge;
mod references;

pub use common::common;
pub use companions::companions;
pub use merge::merge;
pub use references::references;
