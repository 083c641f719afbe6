//! Time that counts: the hours of a week in a time zone, without holidays and pauses.
//!
//! A moment counts when the clock on the wall shows a time within one of its day's hours, the day is no holiday, and
//! nothing is paused. An hour that daylight saving repeats counts twice, one that it skips not at all.

mod week;

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kontor_model::time::DAY_MS;

pub use week::{Week, holidays, week};

/// Milliseconds of a minute.
pub const MINUTE_MS: i64 = 60_000;
/// How far ahead a moment is looked for: fifty years.
const HORIZON_MS: i64 = 50 * 366 * DAY_MS;

/// From, to in Unix milliseconds, the end left out.
pub type Span = (i64, i64);

/// The hours that count.
#[derive(Debug, Clone)]
pub struct Hours {
    pub zone: TimeZone,
    pub week: Week,
    /// Days since 1970.
    pub holidays: BTreeSet<i64>,
}

/// Measures working time.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// All hours count when there are none.
    pub hours: Option<Hours>,
    /// When it stood still.
    pub pauses: Vec<Span>,
}

impl Clock {
    /// The moment at which this much working time has gone by since `start`; none when that is not within fifty years.
    pub fn add(&self, start: i64, working_ms: i64) -> Option<i64> {
        if working_ms <= 0 {
            return Some(start);
        }
        let mut left = working_ms;
        for (from, to) in self.counting(start, start.saturating_add(HORIZON_MS)) {
            if to - from >= left {
                return Some(from + left);
            }
            left -= to - from;
        }
        None
    }

    /// The working milliseconds from one moment to another; none before it.
    pub fn between(&self, from: i64, to: i64) -> i64 {
        self.counting(from, to).map(|(from, to)| to - from).sum()
    }

    /// What counts between two moments, in order.
    fn counting(&self, from: i64, to: i64) -> impl Iterator<Item = Span> {
        let spans: Box<dyn Iterator<Item = Span>> = match &self.hours {
            None => Box::new(std::iter::once((from, to))),
            Some(hours) => Box::new(hours.spans(from, to)),
        };
        spans.flat_map(|span| without(span, &self.pauses)).filter(|(from, to)| from < to)
    }
}

/// A span without the pauses in it.
fn without(span: Span, pauses: &[Span]) -> Vec<Span> {
    let mut parts = vec![span];
    for (paused, resumed) in pauses.iter().copied().filter(|(from, to)| from < to) {
        if paused >= span.1 || resumed <= span.0 {
            continue;
        }
        parts = parts
            .into_iter()
            .flat_map(|(from, to)| [(from, to.min(paused)), (from.max(resumed), to)])
            .filter(|(from, to)| from < to)
            .collect();
    }
    parts.sort_unstable();
    parts
}

impl Hours {
    /// The hours between two moments, in order. Where the zone's offset changes, a new stretch begins: within one, the
    /// wall's time and the world's run alike.
    fn spans(&self, from: i64, to: i64) -> impl Iterator<Item = Span> {
        let mut at = from;
        let mut day = None;
        let mut stretch = self.stretch(from);
        let mut ready: std::vec::IntoIter<Span> = Vec::new().into_iter();
        std::iter::from_fn(move || {
            loop {
                if let Some(span) = ready.next() {
                    return Some(span);
                }
                if at >= to {
                    return None;
                }
                let (offset, end) = stretch?;
                let end = end.min(to);
                let today = day.unwrap_or_else(|| (at + offset).div_euclid(DAY_MS));
                let midnight = today * DAY_MS - offset;
                if midnight >= end {
                    at = end;
                    day = None;
                    stretch = self.stretch(at);
                    continue;
                }
                day = Some(today + 1);
                let clip = |(a, b): Span| ((midnight + a).max(at), (midnight + b).min(end));
                let spans: Vec<Span> = self.of_day(today).map(clip).filter(|(a, b)| a < b).collect();
                ready = spans.into_iter();
            }
        })
    }

    /// The hours of a day, in milliseconds since its midnight on the wall.
    fn of_day(&self, day: i64) -> impl Iterator<Item = Span> {
        // 1970-01-01 was a Thursday.
        let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap_or(0);
        let works = !self.holidays.contains(&day);
        let hours = self.week.get(weekday).map(Vec::as_slice).unwrap_or_default();
        hours.iter().filter(move |_| works).map(|(a, b)| (i64::from(*a) * MINUTE_MS, i64::from(*b) * MINUTE_MS))
    }

    /// The offset at a moment, and when the next one begins; both in milliseconds. None beyond the years that time has.
    fn stretch(&self, at: i64) -> Option<Span> {
        let time = Timestamp::from_millisecond(at).ok()?;
        let offset = i64::from(self.zone.to_offset(time).seconds()) * 1_000;
        let next = self.zone.following(time).find(|change| i64::from(change.offset().seconds()) * 1_000 != offset);
        Some((offset, next.map_or(i64::MAX, |change| change.timestamp().as_millisecond())))
    }
}

#[cfg(test)]
mod tests;
