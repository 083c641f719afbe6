//! What expressions and texts of a workflow are filled with.

use kontor_model::{Error, ErrorCode, Id, Result};
use kontor_records::{Ctx, Records};
use kontor_templates::{Escape, Limits, evaluate, render};
use serde_json::{Value as J, json};

/// A record as it is now, as far as the run may read it; null where there is none.
///
/// # Errors
/// The database's.
pub(crate) async fn record(records: &Records, ctx: &Ctx, object: &str, id: Option<Id>) -> Result<J> {
    let Some(id) = id.filter(|_| !object.is_empty()) else { return Ok(J::Null) };
    match records.read(ctx, object, id, None, &[]).await {
        Ok(found) => serde_json::from_slice(&found.data).map_err(Error::internal),
        Err(error) if error.code().status() < 500 => Ok(J::Null),
        Err(error) => Err(error),
    }
}

/// The moment, as expressions know it.
pub(crate) fn moment(now: i64, zone: &str) -> (J, J) {
    let day = kontor_model::time::day_in(now, zone);
    (json!(kontor_model::time::datetime_text(now)), json!(kontor_model::time::date_text(day)))
}

/// Fills the texts of a value; a text that is one expression and nothing else becomes what that comes to.
///
/// # Errors
/// 422000 naming what is wrong.
pub(crate) fn filled(value: &J, values: &J) -> Result<J> {
    Ok(match value {
        J::String(text) if !text.contains("{{") && !text.contains("{%") => value.clone(),
        J::String(text) => match lone(text) {
            Some(expression) => {
                evaluate(expression, values, &Limits::default()).map_err(|wrong| wrong.refused(expression))?
            }
            None => J::String(
                render(text, values, Escape::None, &Limits::default()).map_err(|wrong| wrong.refused(excerpt(text)))?,
            ),
        },
        J::Array(items) => J::Array(items.iter().map(|item| filled(item, values)).collect::<Result<_>>()?),
        J::Object(members) => J::Object(
            members.iter().map(|(name, member)| Ok((name.clone(), filled(member, values)?))).collect::<Result<_>>()?,
        ),
        other => other.clone(),
    })
}

/// A text, filled.
///
/// # Errors
/// 422000 naming what is wrong.
pub(crate) fn text(value: Option<&J>, values: &J) -> Result<String> {
    Ok(match filled(value.unwrap_or(&J::Null), values)? {
        J::Null => String::new(),
        J::String(text) => text,
        other => other.to_string(),
    })
}

/// Whether a condition holds.
///
/// # Errors
/// 422000 naming what is wrong.
pub(crate) fn holds(condition: &str, values: &J) -> Result<bool> {
    kontor_templates::holds(condition, values, &Limits::default()).map_err(|wrong| wrong.refused(condition))
}

/// The expression of a text that is nothing else.
fn lone(text: &str) -> Option<&str> {
    let inside = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!inside.contains("{{") && !inside.contains("}}") && !inside.contains("{%")).then(|| inside.trim())
}

fn excerpt(text: &str) -> &str {
    text.get(..text.floor_char_boundary(60)).unwrap_or_default()
}

/// A refusal of a step, which trying again does not change.
pub(crate) fn refused(detail: impl Into<String>) -> Error {
    Error::new(ErrorCode::RuleRefused, detail.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_filled_and_lone_expressions_keep_their_kind() {
        let values = json!({"record": {"name": "Acme", "n": 3, "tags": ["a"], "none": null}});
        let data = json!({"a": "For {{ record.name }}", "b": "{{ record.n + 1 }}", "c": ["{{ record.tags }}"],
            "d": "{{ record.none }}", "e": 7, "f": "{{ record.n }}{{ record.n }}"});
        let expected = json!({"a": "For Acme", "b": 4, "c": [["a"]], "d": null, "e": 7, "f": "33"});
        assert_eq!(filled(&data, &values).unwrap(), expected);
        let error = filled(&json!("{{ record.nme }}"), &values).unwrap_err();
        assert!(error.detail().contains("nme"), "{}", error.detail());
    }
}
