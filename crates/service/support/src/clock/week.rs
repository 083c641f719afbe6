//! Hours and holidays as they are written.

use std::collections::BTreeSet;

use kontor_model::time::{days_from_civil, parse_date};
use kontor_model::{Fault, name};
use serde_json::Value as Json;

/// By weekday from Monday, the minutes of the day between which is worked, in order.
pub type Week = [Vec<(u16, u16)>; 7];

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const MIDNIGHT: u16 = 24 * 60;
/// The most intervals of a day.
const MOST: usize = 24;

/// `{"monday": [["09:00", "12:00"], ["13:00", "17:30"]], …}` → the week; a day that is left out has no hours.
///
/// # Errors
/// All that is wrong with it, at `hours`.
pub fn week(json: &Json) -> Result<Week, Vec<Fault>> {
    let fault = |code, message: String| Fault::new("hours", code, message);
    let Some(days) = json.as_object() else {
        let form = "must be an object of weekdays such as {\"monday\": [[\"09:00\", \"17:30\"]]}";
        return Err(vec![fault("type", form.to_owned())]);
    };
    let mut week = Week::default();
    let mut faults = Vec::new();
    for (day, intervals) in days {
        let Some(slot) = DAYS.iter().position(|known| known == day).and_then(|i| week.get_mut(i)) else {
            let hint = name::hint(day, DAYS.iter().copied());
            faults.push(fault("unknown", format!("\"{day}\" is no weekday{hint}; they are {}", DAYS.join(", "))));
            continue;
        };
        match of_day(intervals) {
            Ok(intervals) => *slot = intervals,
            Err(message) => faults.push(fault("format", format!("of {day} {message}"))),
        }
    }
    if faults.is_empty() && week.iter().all(Vec::is_empty) {
        faults
            .push(fault("empty", "must have at least one interval in the week, or no clock would ever run".to_owned()));
    }
    if faults.is_empty() { Ok(week) } else { Err(faults) }
}

fn of_day(json: &Json) -> Result<Vec<(u16, u16)>, String> {
    let Some(pairs) = json.as_array().filter(|pairs| pairs.len() <= MOST) else {
        return Err(format!("must be at most {MOST} intervals such as [[\"09:00\", \"17:30\"]]"));
    };
    let mut out = pairs.iter().map(interval).collect::<Result<Vec<_>, String>>()?;
    out.sort_unstable();
    for pair in out.windows(2) {
        if let [(from, to), (next, _)] = pair
            && next < to
        {
            return Err(format!("overlap: {} begins before {}–{} ends", clock(*next), clock(*from), clock(*to)));
        }
    }
    Ok(out)
}

fn interval(json: &Json) -> Result<(u16, u16), String> {
    let wrong = || format!("must have intervals such as [\"09:00\", \"17:30\"], not {json}");
    let [from, to] = json.as_array().map(Vec::as_slice).ok_or_else(wrong)? else { return Err(wrong()) };
    let (from, to) = minute(from).zip(minute(to)).ok_or_else(wrong)?;
    if from >= to {
        return Err(format!("must begin before they end: {} is not before {}", clock(from), clock(to)));
    }
    Ok((from, to))
}

/// `09:30` → 570; `24:00` is the end of the day.
fn minute(json: &Json) -> Option<u16> {
    let text = json.as_str().filter(|text| text.len() == 5)?;
    let (hour, minute) = text.split_once(':')?;
    let two = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u16>().ok()).flatten();
    let (hour, minute) = (two(hour).filter(|_| hour.len() == 2)?, two(minute)?);
    Some(hour * 60 + minute).filter(|all| minute < 60 && *all <= MIDNIGHT)
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// `["2026-12-25", …]` → days since 1970.
///
/// # Errors
/// All that is wrong with it, at `holidays`.
pub fn holidays(json: &Json) -> Result<BTreeSet<i64>, Vec<Fault>> {
    let fault = |code, message: String| Fault::new("holidays", code, message);
    let Some(days) = json.as_array() else {
        return Err(vec![fault("type", "must be an array of dates such as [\"2026-12-25\"]".to_owned())]);
    };
    let known = days_from_civil(1900, 1, 1)..days_from_civil(2201, 1, 1);
    let mut out = BTreeSet::new();
    let mut faults = Vec::new();
    for json in days {
        match json.as_str().and_then(|text| parse_date(text).ok()).filter(|day| known.contains(day)) {
            Some(day) => _ = out.insert(day),
            None => faults
                .push(fault("format", format!("must have dates of 1900 to 2200 such as \"2026-12-25\", not {json}"))),
        }
    }
    if faults.is_empty() { Ok(out) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn hours_are_read_in_order() {
        let read = week(&json!({"monday": [["13:00", "17:30"], ["09:00", "13:00"]], "sunday": [["22:00", "24:00"]]}));
        let read = read.unwrap();
        assert_eq!(
            (read[0].as_slice(), read[6].as_slice()),
            ([(540, 780), (780, 1050)].as_slice(), [(1320, 1440)].as_slice())
        );
        assert!(read[1..6].iter().all(Vec::is_empty));
    }

    #[test]
    fn what_is_no_week_is_refused() {
        for (bad, word) in [
            (json!({}), "at least one interval"),
            (json!({"monday": []}), "at least one interval"),
            (json!([]), "must be an object"),
            (json!("always"), "must be an object"),
            (json!({"mondy": [["09:00", "17:00"]]}), "did you mean \"monday\""),
            (json!({"monday": [["17:00", "09:00"]]}), "17:00 is not before 09:00"),
            (json!({"monday": [["09:00", "09:00"]]}), "09:00 is not before 09:00"),
            (json!({"monday": [["09:00", "12:00"], ["11:59", "17:00"]]}), "11:59 begins before 09:00–12:00 ends"),
            (json!({"monday": [["9:00", "17:00"]]}), "must have intervals"),
            (json!({"monday": [["09:00", "24:01"]]}), "must have intervals"),
            (json!({"monday": [["09:60", "17:00"]]}), "must have intervals"),
            (json!({"monday": [["+9:00", "17:00"]]}), "must have intervals"),
            (json!({"monday": ["09:00", "17:00"]}), "must have intervals"),
            (json!({"monday": [["09:00", "12:00", "17:00"]]}), "must have intervals"),
            (json!({"monday": [[9, 17]]}), "must have intervals"),
            (json!({"monday": "09:00-17:00"}), "at most 24 intervals"),
        ] {
            let faults = week(&bad).unwrap_err();
            assert!(faults.iter().all(|f| f.field == "hours") && faults[0].message.contains(word), "{bad}: {faults:?}");
        }
        assert_eq!(week(&json!({"monday": [["b", "a"]], "dimanche": []})).unwrap_err().len(), 2, "all at once");
    }

    #[test]
    fn holidays_are_dates() {
        assert_eq!(holidays(&json!(["1970-01-02", "1970-01-02"])).unwrap(), BTreeSet::from([1]));
        for bad in [
            json!(["2026-02-29"]),
            json!(["25.12.2026"]),
            json!(["1899-12-31"]),
            json!(["2201-01-01"]),
            json!([1]),
            json!({}),
        ] {
            assert_eq!(holidays(&bad).unwrap_err()[0].field, "holidays", "{bad}");
        }
    }
}
