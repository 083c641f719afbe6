//! Conditions over the fields of leads, as rules keep them: `[{"field": "country", "op": "eq", "value": "DE"}, …]`.
//! All have to hold; an empty list always does.

use kontor_model::field::Context;
use kontor_model::{Field, Json, Op, Value, name};

/// The operators that rules know.
const OPS: &[Op] = &[Op::Eq, Op::Ne, Op::In, Op::Contains, Op::Gte, Op::Lte];
/// The most conditions of a rule.
const MOST: usize = 50;

/// A condition, checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    pub path: String,
    op: Op,
    operands: Vec<Value>,
}

impl Condition {
    /// Whether it holds for a value of its field. Texts are compared without regard to case.
    pub fn holds(&self, value: &Value) -> bool {
        let any = |test: &dyn Fn(&Value) -> bool| self.operands.iter().any(test);
        match self.op {
            Op::Ne => !any(&|operand| same(value, operand)),
            Op::Contains => any(&|operand| contains(value, operand)),
            Op::Gte => any(&|operand| order(value, operand).is_some_and(std::cmp::Ordering::is_ge)),
            Op::Lte => any(&|operand| order(value, operand).is_some_and(std::cmp::Ordering::is_le)),
            _ => any(&|operand| same(value, operand)),
        }
    }
}

fn folded(value: &Value) -> Option<String> {
    value.as_str().map(str::to_lowercase)
}

fn same(value: &Value, operand: &Value) -> bool {
    match folded(value) {
        Some(text) => folded(operand) == Some(text),
        None => !value.is_null() && value.as_i64().or(value.as_bool().map(i64::from)) == whole(operand),
    }
}

fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or(value.as_bool().map(i64::from))
}

fn order(value: &Value, operand: &Value) -> Option<std::cmp::Ordering> {
    match (value, operand) {
        (Value::Text(_), Value::Text(_)) => Some(folded(value)?.cmp(&folded(operand)?)),
        _ => Some(value.as_i64()?.cmp(&operand.as_i64()?)),
    }
}

/// A part of a text, or a member of a list.
fn contains(value: &Value, operand: &Value) -> bool {
    let Some(wanted) = folded(operand) else { return false };
    match value {
        Value::Json(list) => Json::parse_str(list).ok().is_some_and(|list| {
            let items = list.as_array().unwrap_or_default();
            items.iter().filter_map(Json::as_str).any(|item| item.to_lowercase() == wanted)
        }),
        _ => folded(value).is_some_and(|text| text.contains(&wanted)),
    }
}

/// Reads conditions; `field` finds a lead's field by its path.
///
/// # Errors
/// What is wrong, in words that follow the name of the rule's field.
pub(crate) fn read<'f>(
    text: &str,
    field: impl Fn(&str) -> Option<&'f Field>,
    cx: &Context<'_>,
) -> Result<Vec<Condition>, String> {
    let json = Json::parse_str(text).map_err(|error| error.to_string())?;
    let items = json.as_array().ok_or("must be a list of {\"field\", \"op\", \"value\"}")?;
    if items.len() > MOST {
        return Err(format!("has {} conditions; at most {MOST} are allowed", items.len()));
    }
    let one = |(place, item)| condition(item, &field, cx).map_err(|why| format!("{place}: {why}"));
    items.iter().enumerate().map(one).collect()
}

fn condition<'f>(
    item: &Json,
    field: &impl Fn(&str) -> Option<&'f Field>,
    cx: &Context<'_>,
) -> Result<Condition, String> {
    let members = item.as_object().ok_or("must be an object with field, op and value")?;
    if let Some((other, _)) = members.iter().find(|(key, _)| !["field", "op", "value"].contains(&key.as_str())) {
        return Err(format!("has the unknown member \"{other}\"{}", name::hint(other, ["field", "op", "value"])));
    }
    let path = item.get("field").and_then(Json::as_str).ok_or("needs a field")?;
    let of = field(path).ok_or_else(|| format!("\"{path}\" is no field of lead"))?;
    let named = item.get("op").and_then(Json::as_str).unwrap_or("eq");
    let known = || OPS.iter().map(|op| op.name()).collect::<Vec<_>>().join(", ");
    let op = Op::from_name(named).filter(|op| OPS.contains(op));
    let op = op.ok_or_else(|| format!("\"{named}\" is no operator; there are {}", known()))?;
    if !of.spec().operators().contains(&op) {
        return Err(format!("{path} cannot be compared with {named}"));
    }
    let value = item.get("value").filter(|value| !value.is_null()).ok_or("needs a value")?;
    let sent = match (op, value) {
        (Op::In, Json::Array(all)) => all.as_slice(),
        (Op::In, _) => return Err("needs a list as the value of in".to_owned()),
        _ => std::slice::from_ref(value),
    };
    let operand = |json: &Json| match (op, json) {
        // A part of an address is none itself.
        (Op::Contains, Json::String(text)) if !text.is_empty() => Ok(Value::text(text.as_str())),
        _ => of.operand(op, json, cx).map_err(|fault| format!("the value {}", fault.message)),
    };
    let operands = sent.iter().map(operand).collect::<Result<_, _>>()?;
    Ok(Condition { path: path.to_owned(), op, operands })
}

#[cfg(test)]
mod tests {
    use kontor_model::{FieldType, Settings};

    use super::*;

    fn fields() -> Vec<Field> {
        vec![
            Field::new("country", FieldType::country()),
            Field::new("company_name", FieldType::text(100)),
            Field::new("email", FieldType::email()),
            Field::new("estimated_value", FieldType::money()),
            Field::new("source", FieldType::enumeration(["web", "event"])),
            Field::new("do_not_sell", FieldType::boolean()),
            Field::new("tags", FieldType::tags()),
        ]
    }

    fn of(text: &str) -> Result<Vec<Condition>, String> {
        let (fields, settings) = (fields(), Settings::default());
        let cx = Context { settings: &settings, country: None };
        read(text, |path| fields.iter().find(|field| field.name == path), &cx)
    }

    fn holds(field: &str, op: &str, value: &str, own: &Value) -> bool {
        let text = format!(r#"[{{"field": "{field}", "op": "{op}", "value": {value}}}]"#);
        of(&text).unwrap().iter().all(|condition| condition.holds(own))
    }

    #[test]
    fn every_operator() {
        let (acme, null) = (Value::text("ACME Works"), Value::Null);
        assert!(
            holds("company_name", "eq", r#""acme works""#, &acme) && !holds("company_name", "eq", r#""acme""#, &acme)
        );
        assert!(holds("company_name", "ne", r#""x""#, &acme) && holds("company_name", "ne", r#""x""#, &null));
        assert!(!holds("company_name", "eq", r#""x""#, &null) && !holds("company_name", "contains", r#""x""#, &null));
        assert!(holds("company_name", "contains", r#""WORK""#, &acme));
        assert!(
            holds("country", "in", r#"["de", "AT"]"#, &Value::text("DE"))
                && !holds("country", "in", "[]", &Value::text("DE"))
        );
        let money = Value::Int(10_000_000);
        assert!(
            holds("estimated_value", "gte", r#""1000""#, &money)
                && !holds("estimated_value", "gte", r#""1000.01""#, &money)
        );
        assert!(holds("estimated_value", "lte", "1000", &money) && !holds("estimated_value", "lte", "1000", &null));
        assert!(
            holds("do_not_sell", "eq", "true", &Value::Bool(true))
                && !holds("do_not_sell", "eq", "true", &Value::Bool(false))
        );
        let tags = Value::Json(r#"["Fair","new"]"#.to_owned());
        assert!(holds("tags", "contains", r#""fair""#, &tags) && !holds("tags", "contains", r#""fai""#, &tags));
        assert!(holds("email", "contains", r#""@acme.""#, &Value::text("a@acme.example")));
    }

    #[test]
    fn no_conditions_hold_always() {
        assert_eq!(of("[]"), Ok(Vec::new()));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (bad, word) in [
            (r#"{"field": "country"}"#, "list"),
            (r#"["country"]"#, "object"),
            (r#"[{"op": "eq", "value": 1}]"#, "needs a field"),
            (r#"[{"field": "county", "value": "DE"}]"#, "county"),
            (r#"[{"field": "country", "op": "like", "value": "DE"}]"#, "like"),
            (r#"[{"field": "country", "op": "gte", "value": "DE"}]"#, "cannot be compared"),
            (r#"[{"field": "country", "op": "eq"}]"#, "needs a value"),
            (r#"[{"field": "country", "op": "in", "value": "DE"}]"#, "list"),
            (r#"[{"field": "source", "value": "radio"}]"#, "web, event"),
            (r#"[{"field": "country", "valeu": "DE"}]"#, "valeu"),
        ] {
            let why = of(bad).unwrap_err();
            assert!(why.contains(word), "{bad}: {why}");
        }
    }
}
