//! Views of lists, boards and calendars that people keep: which columns, which records, in which order.
//!
//! A view is its owner's alone until the owner opens it to the workspace (`shared`) or shares it with users and teams. A
//! default view is a user's own choice of the view that an object is shown with first.

mod acts;
mod definition;
mod object;
mod rules;

pub(crate) use acts::SetDefault;
pub(crate) use object::{default_view, saved_view};
pub(crate) use rules::{Choices, Views, own};

pub(crate) const VIEW: &str = "saved_view";
pub(crate) const CHOICE: &str = "default_view";

/// What identifies a choice: a user has one for each object.
fn place(owner: i64, object: &str) -> String {
    format!("{owner}/{object}")
}
