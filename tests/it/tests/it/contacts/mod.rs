//! The business of `contacts`.

mod consents;
mod hierarchy;
