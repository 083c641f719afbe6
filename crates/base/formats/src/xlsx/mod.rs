//! Office Open XML workbooks, ECMA-376.

mod guard;
mod read;
mod sheet;
#[cfg(test)]
mod tests;
mod value;
mod write;

pub use read::open;
pub use write::XlsxWriter;
