//! Questions as JSON (api.md 6, Bodies): searches, aggregates and filters become [`kontor_model::Query`],
//! [`kontor_model::Aggregate`] and [`kontor_model::Filter`]. Whoever takes one from outside or keeps one as data reads it here.

pub mod conditions;
pub mod filters;
pub mod members;
pub mod questions;
pub mod words;

pub use conditions::{Condition, Conditions};
pub use members::Members;
