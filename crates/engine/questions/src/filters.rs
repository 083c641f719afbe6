//! Filters of bodies (api.md 6, Bodies), and the names of references in any of them.

use kontor_catalog::ObjectDef;
use kontor_model::{Error, ErrorCode, Filter, Json, Query, Result, Sort};

use crate::members::Members;
use crate::words::op;

/// `{"and": […]}`, `{"or": […]}`, `{"not": {…}}` or `{"field": …, "op": …, "value": …}`; `op` is `eq` when it is not
/// said, and `value` null.
///
/// # Errors
/// 400003 naming the place.
pub fn filter(json: &Json, path: &str) -> Result<Filter> {
    let wrong = |what: &str| Error::new(ErrorCode::BadQuery, format!("{path} {what}"));
    let members = json.as_object().ok_or_else(|| wrong(&format!("must be an object, not {}", json.kind())))?;
    if let [(key, value)] = members {
        let inside = format!("{path}.{key}");
        match key.as_str() {
            "and" | "or" => {
                let items = value.as_array().ok_or_else(|| wrong(&format!("{key} takes an array of conditions")))?;
                if items.is_empty() {
                    return Err(wrong(&format!("{key} needs at least one condition")));
                }
                let parts = items.iter().enumerate().map(|(i, item)| filter(item, &format!("{inside}.{i}")));
                let parts = parts.collect::<Result<Vec<_>>>()?;
                return Ok(if key == "and" { Filter::And(parts) } else { Filter::Or(parts) });
            }
            "not" => return Ok(Filter::Not(Box::new(filter(value, &inside)?))),
            _ => {}
        }
    }
    let mut test = Members::of(json, path, &["field", "op", "value"])?;
    let field = test.string("field").unwrap_or_default();
    if field.is_empty() {
        test.coded(
            "field",
            ErrorCode::BadQuery,
            "is required: a condition is and, or, not, or a field with op and value",
        );
    }
    let operator = test.string("op").unwrap_or("eq");
    let operator = test.keep("op", op(operator));
    let value = test.get("value").cloned().unwrap_or(Json::Null);
    test.done()?;
    let operator = operator.ok_or_else(|| wrong("needs an operator"))?;
    Ok(Filter::Test { path: field.to_owned(), op: operator, value })
}

/// A reference by its name alone (`stage`) means its id (`stage_id`).
pub fn path(def: &ObjectDef, path: &mut String) {
    if def.field(path).is_none()
        && let Some((_, field)) = def.relation(path)
    {
        *path = def.path(field);
    }
}

/// As [`path`], all through a filter.
pub fn paths(def: &ObjectDef, filter: &mut Filter) {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter_mut().for_each(|part| paths(def, part)),
        Filter::Not(part) => paths(def, part),
        Filter::Test { path: own, .. } => path(def, own),
    }
}

/// As [`path`], all through a query.
pub fn resolved(def: &ObjectDef, mut query: Query) -> Query {
    if let Some(filter) = &mut query.filter {
        paths(def, filter);
    }
    sorts(def, &mut query.sort);
    query
}

/// As [`path`], all through an order.
pub fn sorts(def: &ObjectDef, sorts: &mut [Sort]) {
    for sort in sorts {
        path(def, &mut sort.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kontor_model::Op;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Filter> {
        filter(&Json::parse_str(text).unwrap(), "filter")
    }

    #[test]
    fn conditions_nest() {
        let text = r#"{"and": [{"field": "amount", "op": "gte", "value": "1000"}, {"not": {"field": "stage.kind", "value": "lost"}}]}"#;
        let test = |path: &str, op, value: &str| Filter::Test { path: path.into(), op, value: value.into() };
        let expected = Filter::And(vec![
            test("amount", Op::Gte, "1000"),
            Filter::Not(Box::new(test("stage.kind", Op::Eq, "lost"))),
        ]);
        assert_eq!(read(text).unwrap(), expected);
    }

    #[test]
    fn what_is_no_condition_is_named() {
        for bad in [
            "[]",
            "{}",
            r#"{"and": []}"#,
            r#"{"and": {}}"#,
            r#"{"and": [], "or": []}"#,
            r#"{"op": "eq"}"#,
            r#"{"field": "a", "op": "eqq"}"#,
            r#"{"not": 1}"#,
        ] {
            let code = read(bad).unwrap_err().code();
            assert!(
                matches!(code, ErrorCode::BadQuery | ErrorCode::Invalid | ErrorCode::UnknownField),
                "{bad}: {code:?}"
            );
        }
        let error = read(r#"{"or": [{"field": "a"}, {"field": "b", "op": "gtee"}]}"#).unwrap_err();
        assert_eq!((error.code(), error.faults()[0].field.as_str()), (ErrorCode::BadQuery, "filter.or.1.op"));
    }

    proptest! {
        #[test]
        fn never_panics(text in r#"(\{|\}|\[|\]|,|:|"and"|"or"|"not"|"field"|"op"|"value"|1|null| ){0,16}"#) {
            if let Ok(json) = Json::parse_str(&text) {
                let _ = filter(&json, "filter");
            }
        }
    }
}
