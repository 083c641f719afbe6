//! How amounts and lines are written in what callers read.

use kontor_model::decimal::{MONEY_SCALE, parse_scaled, write_scaled};
use kontor_model::{Json, Value};

use crate::totals::{Group, Rate};

/// A decimal of four digits, as callers write it: `119.5`.
pub(crate) fn decimal(units: i64) -> String {
    let mut out = Vec::with_capacity(20);
    write_scaled(units, MONEY_SCALE, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// `119.5 EUR`
pub(crate) fn money(units: i64, currency: &str) -> String {
    format!("{} {currency}", decimal(units)).trim_end().to_owned()
}

/// `line 3`, where it has a place; else what it is of.
pub(crate) fn line(position: &Value, description: &str) -> String {
    match position.as_i64() {
        Some(position) => format!("line {position}"),
        None if description.is_empty() => "a line".to_owned(),
        None => format!("the line \"{}\"", description.chars().take(60).collect::<String>()),
    }
}

/// Tax by rate, as documents keep it.
pub(crate) fn tax_lines(groups: &[Group]) -> Value {
    let one = |group: &Group| {
        let id = group.rate.map_or_else(|| "null".to_owned(), |rate| format!("\"{}\"", rate.id));
        format!(
            "{{\"rate\":\"{}\",\"tax_rate_id\":{id},\"base\":\"{}\",\"tax\":\"{}\"}}",
            decimal(group.rate.map_or(0, |rate| rate.rate)),
            decimal(group.base),
            decimal(group.tax)
        )
    };
    Value::Json(format!("[{}]", groups.iter().map(one).collect::<Vec<_>>().join(",")))
}

/// Tax by rate, as [`tax_lines`] writes it; what cannot be read is left out.
pub(crate) fn read_tax_lines(value: &Value) -> Vec<Group> {
    let Some(Ok(Json::Array(items))) = value.as_str().map(Json::parse_str) else { return Vec::new() };
    let units = |item: &Json, name: &str| parse_scaled(item.get(name)?.as_str()?, MONEY_SCALE).ok();
    let one = |item: &Json| {
        let id = item.get("tax_rate_id").and_then(Json::as_str).and_then(|id| id.parse().ok());
        let rate = id.and_then(|id| Some(Rate { rate: units(item, "rate")?, id }));
        Some(Group { rate, base: units(item, "base")?, tax: units(item, "tax")? })
    };
    items.iter().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tax_lines_are_decimals() {
        let groups = [
            Group { rate: Some(Rate { rate: 1_900, id: 7 }), base: 1_000_000, tax: 190_000 },
            Group { rate: None, base: 5_000, tax: 0 },
        ];
        let expected = r#"[{"rate":"0.19","tax_rate_id":"7","base":"100","tax":"19"},{"rate":"0","tax_rate_id":null,"base":"0.5","tax":"0"}]"#;
        let written = tax_lines(&groups);
        assert_eq!(written, Value::Json(expected.to_owned()));
        assert_eq!(read_tax_lines(&written), groups);
        assert!(read_tax_lines(&Value::Null).is_empty());
    }

    #[test]
    fn lines_have_names() {
        assert_eq!(line(&Value::Int(3), "Desk"), "line 3");
        assert_eq!((line(&Value::Null, "Desk"), line(&Value::Null, "")), ("the line \"Desk\"".into(), "a line".into()));
        assert_eq!((money(1_195_000, "EUR"), money(-1, "")), ("119.5 EUR".into(), "-0.0001".into()));
    }
}
