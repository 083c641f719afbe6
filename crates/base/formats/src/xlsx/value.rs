use crate::row::Cell;
use calamine::{DataRef, ExcelDateTime};

/// The cell of a worksheet value. Numbers become the shortest decimal text
/// that gives the same binary number; formula errors such as `#N/A` become
/// text.
pub fn cell(value: DataRef<'_>) -> Cell {
    match value {
        DataRef::Int(number) => Cell::Number(number.to_string()),
        DataRef::Float(number) if number.is_finite() => Cell::Number(number.to_string()),
        DataRef::Float(number) => Cell::Text(number.to_string()),
        DataRef::String(text) if text.is_empty() => Cell::Empty,
        DataRef::String(text) => Cell::Text(text),
        DataRef::SharedString(text) => Cell::text(text),
        DataRef::Bool(value) => Cell::Bool(value),
        DataRef::DateTime(date) => date_cell(&date),
        DataRef::DateTimeIso(text) => Cell::Date(text),
        DataRef::DurationIso(text) => Cell::Text(text),
        DataRef::Error(error) => Cell::Text(error.to_string()),
        DataRef::Empty => Cell::Empty,
    }
}

/// A date, a date with time, or for a time of day or duration `hh:mm:ss`.
fn date_cell(date: &ExcelDateTime) -> Cell {
    let value = date.as_f64();
    let in_range = (0.0..2_958_466.0).contains(&value);
    if date.is_duration() || !in_range || value < 1.0 {
        return duration_cell(value);
    }
    let (year, month, day, mut hour, mut minute, mut second, milli) = date.to_ymd_hms_milli();
    let day_text = format!("{year:04}-{month:02}-{day:02}");
    // The milliseconds of an inexact binary fraction are rounding noise.
    if milli >= 500 && (hour, minute, second) < (23, 59, 59) {
        let total = u32::from(hour) * 3600 + u32::from(minute) * 60 + u32::from(second) + 1;
        let part = |value: u32| u8::try_from(value).unwrap_or(0);
        (hour, minute, second) = (part(total / 3600), part(total / 60 % 60), part(total % 60));
    }
    if (hour, minute, second) == (0, 0, 0) {
        return Cell::Date(day_text);
    }
    Cell::Date(format!("{day_text}T{hour:02}:{minute:02}:{second:02}"))
}

fn duration_cell(days: f64) -> Cell {
    let total = (days * 86_400.0).round();
    if !(0.0..1e12).contains(&total) {
        return Cell::Number(days.to_string());
    }
    let (hours, rest) = ((total / 3600.0).floor(), total % 3600.0);
    let (minutes, seconds) = ((rest / 60.0).floor(), rest % 60.0);
    Cell::Text(format!("{hours:02}:{minutes:02}:{seconds:02}"))
}
