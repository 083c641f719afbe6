//! Whole imports and exports over SQLite.

mod files;
mod house;
mod many;
