//! Conditions in the language of templates.

use minijinja::value::{Value, ValueKind};
use serde_json::Value as J;

use crate::render::{Limits, environment, input, timed};
use crate::wrong::{Kind, Wrong};
use crate::{names, scan};

/// Reads a condition such as `contact.country == "DE" and score > 50`; `known` has a value for every name that there
/// will be.
///
/// # Errors
/// What is wrong with it.
pub fn check_condition(source: &str, known: &J) -> Result<(), Wrong> {
    scan::expression(source)?;
    let environment = environment(&Limits::default());
    let expression = environment.compile_expression(source)?;
    names::check(expression.undeclared_variables(true), known, |_| None)
}

/// Whether a condition holds for these values: whether what it comes to is true, not zero and not empty.
///
/// # Errors
/// What is wrong with it, or with the values.
pub fn holds(source: &str, values: &J, limits: &Limits) -> Result<bool, Wrong> {
    scan::expression(source)?;
    let environment = environment(limits);
    let expression = environment.compile_expression(source)?;
    names::check(expression.undeclared_variables(true), values, |_| None)?;
    let values = input(values, limits)?;
    Ok(timed(limits, || expression.eval(values))?.is_true())
}

/// How deep a value may nest.
const DEEPEST: usize = 32;

/// What an expression comes to: a number stays one, a list a list.
///
/// # Errors
/// What is wrong with it, or with the values; a value that is too large, too deep, or no value of JSON.
pub fn evaluate(source: &str, values: &J, limits: &Limits) -> Result<J, Wrong> {
    scan::expression(source)?;
    let environment = environment(limits);
    let expression = environment.compile_expression(source)?;
    names::check(expression.undeclared_variables(true), values, |_| None)?;
    let values = input(values, limits)?;
    let value = timed(limits, || expression.eval(values))?;
    let mut left = limits.output;
    json(&value, DEEPEST, &mut left)
}

fn json(value: &Value, depth: usize, left: &mut usize) -> Result<J, Wrong> {
    let too_much = || Wrong::new(Kind::Work, None, "comes to a value that is too large or too deep");
    let take = |left: &mut usize, bytes: usize| left.checked_sub(bytes).ok_or_else(too_much);
    *left = take(left, 8 + value.as_str().map_or(0, str::len))?;
    let depth = depth.checked_sub(1).ok_or_else(too_much)?;
    let each = |value: &Value| value.try_iter().map(minijinja::value::ValueIter::checked).map_err(Wrong::from);
    Ok(match value.kind() {
        ValueKind::Undefined | ValueKind::None => J::Null,
        ValueKind::Bool => J::Bool(value.is_true()),
        ValueKind::Number => match value.as_i64() {
            Some(whole) => J::from(whole),
            None => f64::try_from(value.clone()).map_or(J::Null, J::from),
        },
        ValueKind::String => J::from(value.as_str().unwrap_or_default()),
        ValueKind::Seq | ValueKind::Iterable => {
            let mut items = Vec::new();
            for item in each(value)? {
                items.push(json(&item?, depth, left)?);
            }
            J::Array(items)
        }
        ValueKind::Map => {
            let mut members = serde_json::Map::new();
            for name in each(value)? {
                let name = name?;
                let member = value.get_item(&name)?;
                let name = name.to_string();
                *left = take(left, name.len())?;
                members.insert(name, json(&member, depth, left)?);
            }
            J::Object(members)
        }
        _ => return Err(Wrong::new(Kind::Value, None, "comes to nothing that can be kept")),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn conditions_hold_or_not() {
        let values = json!({"contact": {"country": "DE", "email": null, "score": 60}, "amount": "1000.10"});
        for (source, expected) in [
            ("contact.country == \"DE\" and contact.score > 50", true),
            ("contact.email", false),
            ("not contact.email", true),
            ("contact.country in [\"AT\", \"CH\"]", false),
            ("amount | at_least(\"1000.1\")", true),
            ("amount | more_than(1000.1)", false),
            ("amount | less_than(\"999.99999\")", false),
        ] {
            assert_eq!(holds(source, &values, &Limits::default()), Ok(expected), "{source}");
        }
    }

    #[test]
    fn values_keep_their_kind() {
        let values =
            json!({"record": {"tags": ["a", "b"], "n": 7, "id": "104512398120374272", "none": null}, "on": true});
        for (source, expected) in [
            ("record.n + 1", json!(8)),
            ("record.id", json!("104512398120374272")),
            ("record.tags", json!(["a", "b"])),
            ("record.none", json!(null)),
            ("not on", json!(false)),
            ("record", values["record"].clone()),
            ("record.n / 2", json!(3.5)),
        ] {
            assert_eq!(evaluate(source, &values, &Limits::default()), Ok(expected), "{source}");
        }
        let small = Limits { output: 20, ..Limits::default() };
        assert!(evaluate("record", &values, &small).is_err());
        assert!(evaluate("record.tag", &values, &Limits::default()).is_err());
    }

    #[test]
    fn what_is_no_condition_is_said() {
        let known = json!({"contact": {"country": "DE"}});
        let wrong = check_condition("contact.contry == \"DE\"", &known).unwrap_err();
        assert_eq!(wrong.kind, Kind::Name);
        assert!(wrong.message.contains("did you mean \"country\""), "{wrong:?}");
        for bad in ["", "contact.country ==", "contact country", "country | nothing", "x()", "\"a\" * 9"] {
            assert!(check_condition(bad, &known).is_err(), "{bad}");
        }
        assert_eq!(check_condition("contact.country", &known), Ok(()));
    }
}
