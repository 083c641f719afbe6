//! Questions: lists, `/search`, `/aggregate`.

mod aggregate;
mod cursors;
mod expand;
mod filters;
mod operators;
mod sort;
mod text;
