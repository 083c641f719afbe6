use proptest::prelude::*;
use serde_json::json;

use super::*;
use kontor_model::time::{parse_date, parse_datetime};

fn at(text: &str) -> i64 {
    parse_datetime(text).unwrap()
}

fn day(text: &str) -> i64 {
    parse_date(text).unwrap()
}

fn clock(zone: &str, hours: serde_json::Value, holidays: &[&str]) -> Clock {
    let hours = Hours {
        zone: TimeZone::get(zone).unwrap(),
        week: week(&hours).unwrap(),
        holidays: holidays.iter().map(|text| day(text)).collect(),
    };
    Clock { hours: Some(hours), pauses: Vec::new() }
}

fn office(zone: &str) -> Clock {
    let day = json!([["09:00", "12:00"], ["13:00", "17:00"]]);
    clock(
        zone,
        json!({"monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day}),
        &["2026-12-25"],
    )
}

#[test]
fn time_runs_on_over_the_weekend() {
    let office = office("Europe/Berlin");
    // Friday 16:30 in Berlin, in winter: half an hour of Friday, half of Monday.
    assert_eq!(office.add(at("2026-11-20T15:30:00Z"), 60 * MINUTE_MS), Some(at("2026-11-23T08:30:00Z")));
    // To the end of the day is still that day.
    assert_eq!(office.add(at("2026-11-20T15:30:00Z"), 30 * MINUTE_MS), Some(at("2026-11-20T16:00:00Z")));
    // What comes in at night begins in the morning.
    assert_eq!(office.add(at("2026-11-19T22:00:00Z"), MINUTE_MS), Some(at("2026-11-20T08:01:00Z")));
    assert_eq!(office.between(at("2026-11-20T00:00:00Z"), at("2026-11-24T00:00:00Z")), 14 * 60 * MINUTE_MS);
    assert_eq!(office.between(at("2026-11-24T00:00:00Z"), at("2026-11-20T00:00:00Z")), 0);
}

#[test]
fn holidays_and_pauses_do_not_count() {
    let mut office = office("UTC");
    // Christmas is a Friday in 2026.
    assert_eq!(office.add(at("2026-12-24T16:00:00Z"), 120 * MINUTE_MS), Some(at("2026-12-28T10:00:00Z")));
    office.pauses = vec![(at("2026-11-23T10:00:00Z"), at("2026-11-23T14:00:00Z"))];
    assert_eq!(office.add(at("2026-11-23T09:00:00Z"), 120 * MINUTE_MS), Some(at("2026-11-23T15:00:00Z")));
    assert_eq!(office.between(at("2026-11-23T09:00:00Z"), at("2026-11-23T15:00:00Z")), 120 * MINUTE_MS);
    let always = Clock { hours: None, pauses: vec![(50, 60), (55, 70)] };
    assert_eq!((always.add(0, 100), always.between(0, 100)), (Some(120), 80));
}

#[test]
fn daylight_saving_skips_and_repeats_hours() {
    let night = clock("Europe/Berlin", json!({"sunday": [["01:00", "04:00"]]}), &[]);
    // On 2026-03-29 there is no hour from 2 to 3, on 2026-10-25 there are two.
    assert_eq!(night.between(at("2026-03-29T00:00:00Z"), at("2026-03-29T12:00:00Z")), 120 * MINUTE_MS);
    assert_eq!(night.between(at("2026-10-24T12:00:00Z"), at("2026-10-25T12:00:00Z")), 240 * MINUTE_MS);
    assert_eq!(night.add(at("2026-03-29T00:30:00Z"), 60 * MINUTE_MS), Some(at("2026-03-29T01:30:00Z")));
    // The office keeps its hours on the wall: nine in the morning is eight in UTC, and then seven.
    let office = office("Europe/Berlin");
    assert_eq!(office.add(at("2026-03-27T15:59:00Z"), 2 * MINUTE_MS), Some(at("2026-03-30T07:01:00Z")));
}

#[test]
fn what_never_comes_is_none() {
    let rare = clock("UTC", json!({"monday": [["09:00", "09:01"]]}), &[]);
    assert_eq!(rare.add(at("2026-11-21T00:00:00Z"), 525_600 * MINUTE_MS), None);
    assert_eq!(rare.add(i64::MAX - 1, MINUTE_MS), None);
}

/// The same minute by minute, by the wall.
fn counts(clock: &Clock, minute: i64) -> bool {
    let hours = clock.hours.as_ref().unwrap();
    let wall = Timestamp::from_millisecond(minute).unwrap().to_zoned(hours.zone.clone());
    let weekday = usize::try_from(wall.weekday().to_monday_zero_offset()).unwrap();
    let now = u16::try_from(i64::from(wall.hour()) * 60 + i64::from(wall.minute())).unwrap();
    let works = hours.week[weekday].iter().any(|(from, to)| (*from..*to).contains(&now));
    let free = hours.holidays.contains(&day(&wall.date().to_string()));
    let paused = clock.pauses.iter().any(|(from, to)| (*from..*to).contains(&minute));
    works && !free && !paused
}

const ZONES: &[&str] = &[
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Asia/Gaza",
];

fn days() -> impl Strategy<Value = Week> {
    let interval = (0_u16..1_400, 1_u16..400).prop_map(|(from, length)| (from, (from + length).min(1_440)));
    let day = prop::collection::vec(interval, 0..4).prop_map(|mut day: Vec<(u16, u16)>| {
        day.sort_unstable();
        let mut out: Vec<(u16, u16)> = Vec::new();
        for one in day {
            if out.last().is_none_or(|last| last.1 <= one.0) {
                out.push(one);
            }
        }
        out
    });
    prop::array::uniform7(day)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn it_is_the_slow_walk(
        week in days(),
        zone in prop::sample::select(ZONES),
        // Around the days on which clocks are set, and any others.
        first in prop::sample::select(&["2026-03-28", "2026-10-24", "2026-11-01", "2011-12-29", "2025-03-08", "2024-02-28"][..]),
        offset in 0_i64..2_880,
        free in prop::collection::btree_set(0_i64..9, 0..3),
        pauses in prop::collection::vec((0_i64..10_000, 0_i64..2_000), 0..3),
        minutes in 1_i64..4_000,
    ) {
        let start = day(first) * DAY_MS + offset * MINUTE_MS;
        let holidays = free.into_iter().map(|n| day(first) + n).collect();
        let hours = Hours { zone: TimeZone::get(zone).unwrap(), week, holidays };
        let pauses = pauses.iter().map(|(from, length)| (start + from * MINUTE_MS, start + (from + length) * MINUTE_MS));
        let clock = Clock { hours: Some(hours), pauses: pauses.collect() };
        let end = start + 9 * DAY_MS;
        let (mut left, mut due) = (minutes, None);
        let mut worked = 0;
        for minute in (start..end).step_by(usize::try_from(MINUTE_MS).unwrap()) {
            if counts(&clock, minute) {
                worked += MINUTE_MS;
                left -= 1;
                if left == 0 {
                    due = Some(minute + MINUTE_MS);
                }
            }
        }
        prop_assert_eq!(clock.between(start, end), worked);
        let found = clock.add(start, minutes * MINUTE_MS);
        prop_assert_eq!(found.filter(|due| *due <= end), due);
        if let Some(found) = found {
            prop_assert_eq!(clock.between(start, found), minutes * MINUTE_MS);
        }
    }
}
