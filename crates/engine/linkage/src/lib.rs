//! Whether two records mean the same: probabilistic record linkage after Fellegi and Sunter, "A Theory for Record
//! Linkage", JASA 64 (1969). Pure: it knows no database.
//!
//! Fields are compared in levels ([`compare`]). A level has two probabilities: `m`, that two records of the same thing
//! agree so far, and `u`, that two records of different things do. Its weight is `log2(m / u)`; weights add up, and with
//! the odds that any two records are the same they give a probability ([`weigh`]). A value that many have says less
//! than one that few have (Winkler's adjustment by frequency). Which records are compared at all is said by keys
//! ([`key`]).

pub mod compare;
pub mod key;
pub mod normal;
pub mod weigh;

pub use compare::{Datum, Kind, Level, compare};
pub use weigh::{Agreement, Aspect, Grade, Likeness, likeness};
