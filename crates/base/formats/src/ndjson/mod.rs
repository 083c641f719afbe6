//! Newline-delimited JSON: one object (RFC 8259) per line.

mod object;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::open;
pub use write::NdjsonWriter;
