//! What the floor and the driver have in common: the rows.
//!
//! Both sides of a ratio must hold the same data, so the generator is one pure function of a number.

pub mod rows;
