//! The business of `contacts`.
