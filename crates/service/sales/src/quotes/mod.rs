//! Quotes: offers that are sent, answered and followed by others.

mod acts;
mod expire;
mod object;
mod page;
mod paper;
mod rule;

pub(crate) use self::acts::{Accept, Reject, Revise, Send};
pub(crate) use self::expire::Expiry;
pub(crate) use self::object::{quote, quote_line};
pub(crate) use self::page::Page;
pub(crate) use self::paper::Pdf;
pub(crate) use self::rule::Quotes;
