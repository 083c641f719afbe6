//! When answers are owed: pure arithmetic over what is known of a ticket.

use crate::clock::{Clock, MINUTE_MS, Span};

/// How long before it is due a clock warns: a quarter of an hour, or half of its time where that is less.
const WARNING_MS: i64 = 15 * MINUTE_MS;

/// What is promised, as values of `sla_breached` and `sla_warned`.
pub const CLOCKS: [&str; 3] = ["first_response", "next_response", "resolution"];

/// Minutes of working time; none where nothing is promised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Targets {
    pub first_response: Option<i64>,
    pub next_response: Option<i64>,
    pub resolution: Option<i64>,
}

/// What is known of a ticket. Moments are Unix milliseconds.
#[derive(Debug, Clone, Default)]
pub struct Course {
    pub created_at: i64,
    /// Since when the clocks stand still: it waits for the asker, or is solved.
    pub stopped_at: Option<i64>,
    /// Whether it is solved or closed, and not only waiting.
    pub ended: bool,
    pub first_responded_at: Option<i64>,
    /// Since when the asker waits for a further answer.
    pub asked_at: Option<i64>,
    /// When the clocks stood still before.
    pub pauses: Vec<Span>,
}

/// One promise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Term {
    /// When it is due; none while the clocks stand still.
    pub due_at: Option<i64>,
    /// When to warn of that.
    pub warn_at: Option<i64>,
    /// What is left while they stand still, in seconds; below zero when it is late.
    pub left_seconds: Option<i64>,
    /// Whether it is still to be kept.
    pub open: bool,
}

impl Term {
    /// A promise of something that began at `start`, on its way.
    pub fn running(start: i64, due: i64, open: bool) -> Self {
        let warn_at = open.then(|| due - WARNING_MS.min((due - start) / 2));
        Self { due_at: Some(due), warn_at, left_seconds: None, open }
    }
}

/// The promises in the order of [`CLOCKS`].
pub type Terms = [Term; 3];

/// What a ticket is owed.
pub fn terms(course: &Course, targets: Targets, clock: &Clock) -> Terms {
    let one = |start: Option<i64>, minutes: Option<i64>, kept_at: Option<i64>| {
        let (Some(start), Some(minutes)) = (start, minutes) else { return Term::default() };
        let target = minutes * MINUTE_MS;
        let ended_at = course.stopped_at.filter(|_| course.ended);
        // What came after the promise was kept has no part in it.
        let end = kept_at.or(ended_at).unwrap_or(i64::MAX);
        let pauses = course.pauses.iter().filter(|(from, _)| *from < end).map(|(from, to)| (*from, (*to).min(end)));
        let clock = Clock { hours: clock.hours.clone(), pauses: pauses.collect() };
        let open = kept_at.is_none() && !course.ended;
        match course.stopped_at.filter(|_| open) {
            Some(stopped) => {
                let left = match clock.add(start, target).filter(|due| *due < stopped) {
                    Some(due) => -clock.between(due, stopped),
                    None => target - clock.between(start, stopped),
                };
                Term { left_seconds: Some(left / 1_000), open, ..Term::default() }
            }
            None => {
                clock.add(start, target).map_or(Term { open, ..Term::default() }, |due| Term::running(start, due, open))
            }
        }
    };
    let next_from = course.asked_at.filter(|_| course.first_responded_at.is_some());
    [
        one(Some(course.created_at), targets.first_response, course.first_responded_at),
        one(next_from, targets.next_response, None),
        one(Some(course.created_at), targets.resolution, None),
    ]
}

/// When the next clock strikes: warns, or runs out. `warned` and `breached` are those that have done so.
pub fn strikes_at(terms: &Terms, warned: &[String], breached: &[String]) -> Option<i64> {
    let has = |list: &[String], clock: &str| list.iter().any(|one| one == clock);
    let pending = CLOCKS.iter().zip(terms).filter(|(clock, term)| term.open && !has(breached, clock));
    pending.filter_map(|(clock, term)| if has(warned, clock) { term.due_at } else { term.warn_at }).min()
}

/// What has struck by `now`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strike {
    /// These run out soon.
    Warning(Vec<&'static str>),
    /// These have run out; the first of them then.
    Breach(Vec<&'static str>, i64),
}

/// What has struck by `now`, a breach before a warning.
pub fn strike(now: i64, terms: &Terms, warned: &[String], breached: &[String]) -> Option<Strike> {
    let new = |list: &[String], clock: &str| !list.iter().any(|one| one == clock);
    let open = || CLOCKS.iter().zip(terms).filter(|(clock, term)| term.open && new(breached, clock));
    let late: Vec<(&'static str, i64)> =
        open().filter_map(|(clock, term)| Some((*clock, term.due_at.filter(|due| *due <= now)?))).collect();
    if let Some(first) = late.iter().map(|(_, due)| *due).min() {
        return Some(Strike::Breach(late.into_iter().map(|(clock, _)| clock).collect(), first));
    }
    let soon = open().filter(|(clock, term)| new(warned, clock) && term.warn_at.is_some_and(|at| at <= now));
    let soon: Vec<&'static str> = soon.map(|(clock, _)| *clock).collect();
    (!soon.is_empty()).then_some(Strike::Warning(soon))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * MINUTE_MS;
    const TARGETS: Targets = Targets { first_response: Some(60), next_response: Some(30), resolution: Some(240) };

    fn due(course: &Course) -> [Option<i64>; 3] {
        terms(course, TARGETS, &Clock::default()).map(|term| term.due_at)
    }

    #[test]
    fn promises_count_from_the_request() {
        let new = Course { created_at: 1_000, ..Course::default() };
        assert_eq!(due(&new), [Some(1_000 + HOUR), None, Some(1_000 + 4 * HOUR)]);
        let [first, next, resolution] = terms(&new, TARGETS, &Clock::default());
        assert!(first.open && !next.open && resolution.open);
        assert_eq!(first.warn_at, Some(1_000 + HOUR - WARNING_MS));
        let none = terms(&new, Targets::default(), &Clock::default());
        assert_eq!(none, [Term::default(); 3]);
    }

    #[test]
    fn a_further_question_starts_its_own_clock() {
        let asked = Course { first_responded_at: Some(10), asked_at: Some(HOUR), ..Course::default() };
        assert_eq!(due(&asked), [Some(HOUR), Some(HOUR + HOUR / 2), Some(4 * HOUR)]);
        // Before the first answer there is one clock for answers, not two.
        assert_eq!(due(&Course { first_responded_at: None, ..asked })[1], None);
    }

    #[test]
    fn what_is_left_is_kept_while_it_waits() {
        let waiting = Course { stopped_at: Some(HOUR / 2), ..Course::default() };
        let [first, _, resolution] = terms(&waiting, TARGETS, &Clock::default());
        assert_eq!((first.due_at, first.left_seconds), (None, Some(1_800)));
        assert_eq!(
            (resolution.due_at, resolution.left_seconds, resolution.open),
            (None, Some(3 * 3_600 + 1_800), true)
        );
        // Two hours later it goes on.
        let on = Course { pauses: vec![(HOUR / 2, 5 * HOUR / 2)], ..Course::default() };
        assert_eq!(due(&on), [Some(3 * HOUR), None, Some(6 * HOUR)]);
        let late = Course { stopped_at: Some(2 * HOUR), ..Course::default() };
        assert_eq!(terms(&late, TARGETS, &Clock::default())[0].left_seconds, Some(-3_600));
    }

    #[test]
    fn what_is_kept_does_not_move() {
        let answered =
            Course { first_responded_at: Some(HOUR / 2), pauses: vec![(HOUR * 3 / 4, 2 * HOUR)], ..Course::default() };
        assert_eq!(due(&answered)[0], Some(HOUR));
        let solved = Course { stopped_at: Some(3 * HOUR), ended: true, ..answered };
        assert_eq!(due(&solved)[2], Some(4 * HOUR + HOUR * 5 / 4));
        assert!(terms(&solved, TARGETS, &Clock::default()).iter().all(|term| !term.open));
    }

    #[test]
    fn it_warns_once_and_breaks_once() {
        let terms = terms(&Course::default(), TARGETS, &Clock::default());
        let words = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let (none, first, both) = (words(&[]), words(&["first_response"]), words(&["first_response", "resolution"]));
        assert_eq!(strikes_at(&terms, &none, &none), Some(HOUR - WARNING_MS));
        assert_eq!(strike(HOUR - WARNING_MS - 1, &terms, &none, &none), None);
        assert_eq!(strike(HOUR - WARNING_MS, &terms, &none, &none), Some(Strike::Warning(vec!["first_response"])));
        assert_eq!(strikes_at(&terms, &first, &none), Some(HOUR));
        assert_eq!(strike(HOUR - 1, &terms, &first, &none), None);
        assert_eq!(strike(HOUR, &terms, &first, &none), Some(Strike::Breach(vec!["first_response"], HOUR)));
        assert_eq!(strikes_at(&terms, &first, &first), Some(4 * HOUR - WARNING_MS));
        assert_eq!(strikes_at(&terms, &both, &both), None);
        // Nobody looked for a day: both are late, and nothing is warned of any more.
        let late = strike(24 * HOUR, &terms, &none, &none);
        assert_eq!(late, Some(Strike::Breach(vec!["first_response", "resolution"], HOUR)));
        let short = Targets { first_response: Some(10), ..Targets::default() };
        let [short, ..] = super::terms(&Course::default(), short, &Clock::default());
        assert_eq!(short.warn_at, Some(5 * MINUTE_MS), "never as soon as it comes in");
    }
}
