//! Forms: questions on a web page whose answers become a lead.
//!
//! A form is open to everybody who has its link, when the workspace lets forms be (setting `public_forms`) and the form
//! is active. What comes in is checked as any change is; programs that fill in forms are told what people are told, and
//! nothing comes of it.

mod embed;
mod guest;
mod input;
mod object;
mod pace;
mod page;
mod rules;
mod sent;

pub(crate) use embed::Embed;
pub(crate) use guest::Forms;
pub(crate) use object::object;
pub(crate) use rules::Definitions;

/// `/public/forms/{token}`
pub(crate) const PAGE: &str = "forms";
/// The field that people do not see, and leave empty.
pub(crate) const TRAP: &str = "_website";
/// The field that says when the page was fetched.
pub(crate) const TIME: &str = "_time";
/// The field of the consent.
pub(crate) const CONSENT: &str = "consent";
/// What a link of an advertisement says of itself.
pub(crate) const UTM: [&str; 5] = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"];
