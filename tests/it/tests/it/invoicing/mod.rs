//! The business of `invoicing`.
