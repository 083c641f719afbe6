//! The business of `activities`.
