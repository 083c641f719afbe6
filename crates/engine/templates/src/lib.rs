//! Texts with places for data, written by users: `Dear {{ contact.first_name | default("customer") }}`; and conditions in
//! the same language: `contact.country == "DE"`.
//!
//! The language is Jinja's, cut down to what a text needs: values, filters, `if` and `for`. A user's text is not trusted:
//! its source, its values, its output, its steps and its time are limited ([`Limits`]), it reaches nothing but the values
//! it is given, and a name that is not among them is an error that names it. Amounts and ids are texts, exact to the
//! last digit.

mod expression;
mod filters;
mod names;
mod render;
mod scan;
mod wrong;

pub use expression::{check_condition, evaluate, holds};
pub use filters::FILTERS;
pub use render::{Escape, Limits, check, render};
pub use wrong::{Kind, Wrong};
