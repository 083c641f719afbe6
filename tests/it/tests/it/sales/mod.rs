//! The business of `sales`.
