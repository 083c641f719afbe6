//! Calendars (iCalendar, RFC 5545): what a user has planned, under a link that a calendar program follows, and single
//! appointments as files.

mod event;
mod feed;
mod text;

pub(crate) use event::One;
pub(crate) use feed::{Link, Marks, Page, Renew, object};

/// `text/calendar` in UTF-8.
const MEDIA: &str = "text/calendar; charset=utf-8";
