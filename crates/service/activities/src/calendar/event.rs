//! An activity as an event.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Result, SpaceId};
use kontor_records::{Found, Look, Sheet, Sight, Viewed, refusal};

use super::MEDIA;
use super::text::{Calendar, utc};
use crate::activity::{DONE, is_ahead};

/// How long something takes that does not say.
const HALF_AN_HOUR_MS: i64 = 1_800_000;

/// Begins a calendar (RFC 5545, 3.6).
pub(super) fn begin(name: Option<&str>, zone: &str) -> Calendar {
    let mut calendar = Calendar::default();
    calendar.line("BEGIN", "VCALENDAR");
    calendar.line("VERSION", "2.0");
    calendar.line("PRODID", "-//Kontor//Kontor CRM//EN");
    calendar.line("CALSCALE", "GREGORIAN");
    calendar.line("METHOD", "PUBLISH");
    if let Some(name) = name {
        calendar.text("NAME", name);
        calendar.text("X-WR-CALNAME", name);
        calendar.text("X-WR-TIMEZONE", zone);
        calendar.line("REFRESH-INTERVAL;VALUE=DURATION", "PT15M");
        calendar.line("X-PUBLISHED-TTL", "PT15M");
    }
    calendar
}

pub(super) fn end(mut calendar: Calendar) -> Vec<u8> {
    calendar.line("END", "VCALENDAR");
    calendar.done()
}

/// When an activity takes place; none where nothing says so.
pub(super) fn span(activity: &Found) -> Option<(i64, i64)> {
    let start = activity.int("start_at").or_else(|| activity.int("due_at"))?;
    let minutes = activity.int("duration_minutes").map(|minutes| minutes.saturating_mul(60_000));
    let end = activity.int("end_at").or_else(|| minutes.map(|ms| start.saturating_add(ms)));
    Some((start, end.unwrap_or(start.saturating_add(HALF_AN_HOUR_MS)).max(start)))
}

/// Writes an activity as an event; nothing for one without a time.
pub(super) fn write(calendar: &mut Calendar, space: SpaceId, activity: &Found) {
    let Some((start, end)) = span(activity) else { return };
    let status = activity.text("status");
    let kind = activity.object();
    calendar.line("BEGIN", "VEVENT");
    // The same for ever, whatever the installation is called.
    calendar.line("UID", &format!("{kind}-{}@{}.kontor", activity.id, space.0));
    calendar.moment("DTSTAMP", activity.int("updated_at"));
    calendar.moment("CREATED", activity.int("created_at"));
    calendar.moment("LAST-MODIFIED", activity.int("updated_at"));
    calendar.line("SEQUENCE", &activity.version().saturating_sub(1).max(0).to_string());
    calendar.moment("DTSTART", Some(start));
    calendar.moment("DTEND", Some(end));
    let done = if status == DONE && kind == "task" { "✓ " } else { "" };
    calendar.text("SUMMARY", &format!("{done}{}", activity.text("subject")));
    if !activity.text("body").is_empty() {
        calendar.text("DESCRIPTION", activity.text("body"));
    }
    calendar.line("CATEGORIES", &kind.to_uppercase());
    calendar.line("STATUS", if status == "cancelled" { "CANCELLED" } else { "CONFIRMED" });
    // A task is due at its time, and keeps nobody busy.
    calendar.line("TRANSP", if kind == "task" { "TRANSPARENT" } else { "OPAQUE" });
    if let Some(at) = activity.int("remind_at").filter(|_| is_ahead(status)) {
        calendar.line("BEGIN", "VALARM");
        calendar.line("ACTION", "DISPLAY");
        calendar.text("DESCRIPTION", activity.text("subject"));
        calendar.line("TRIGGER;VALUE=DATE-TIME", &utc(at));
        calendar.line("END", "VALARM");
    }
    calendar.line("END", "VEVENT");
}

/// The view `ics` of a kind of activity.
pub(crate) struct One(pub &'static str);

impl Look for One {
    fn object(&self) -> &'static str {
        self.0
    }

    fn name(&self) -> &'static str {
        "ics"
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, viewed: &'a Viewed) -> BoxFuture<'a, Result<Sheet>> {
        async move {
            let activity = &viewed.record;
            if span(activity).is_none() {
                let detail = format!("the {} has no time: set start_at or due_at", activity.object());
                return Err(refusal("no_time", detail));
            }
            let mut calendar = begin(None, "UTC");
            write(&mut calendar, sight.ctx().space(), activity);
            let name = format!("{}-{}.ics", activity.object(), activity.id);
            Ok(Sheet::File { media: MEDIA.to_owned(), name, bytes: end(calendar) })
        }
        .boxed()
    }
}
