//! The business of `leads`.
