//! Comma-separated values, RFC 4180, with other delimiters and encodings.

mod guard;
mod guess;
mod read;
mod record;
#[cfg(test)]
mod tests;
mod write;

pub use read::open;
pub use write::CsvWriter;
