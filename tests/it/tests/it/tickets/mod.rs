//! The business of `support`.
