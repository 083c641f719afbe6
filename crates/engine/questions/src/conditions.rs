//! Conditions that are asked of a record at hand and not of the database: those of rules, as
//! `[{"field": "country", "op": "eq", "value": "DE"}, …]`, of which all have to hold, and filters as a search has them.
//! Texts are compared without regard to case.

use std::collections::BTreeSet;

use kontor_model::field::Context;
use kontor_model::{Field, Filter, Json, Op, Value, name};

/// The operators that lists of rules know; filters know all.
const OPS: &[Op] = &[Op::Eq, Op::Ne, Op::In, Op::Contains, Op::Gte, Op::Lte];
/// The most conditions of a rule.
const MOST: usize = 50;

/// A condition, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub path: String,
    op: Op,
    operands: Vec<Value>,
}

impl Condition {
    /// Whether it holds for a value of its field. Nothing is below, above or equal to null, and different from all.
    pub fn holds(&self, value: &Value) -> bool {
        let any = |test: &dyn Fn(&Value) -> bool| self.operands.iter().any(test);
        let all = |test: &dyn Fn(&Value) -> bool| self.operands.iter().all(test);
        let is =
            |operand: &Value, wanted: &dyn Fn(std::cmp::Ordering) -> bool| order(value, operand).is_some_and(wanted);
        match self.op {
            Op::Ne | Op::Nin => !any(&|operand| same(value, operand)),
            Op::IsNull => all(&|operand| value.is_null() == (operand.as_bool() != Some(false))),
            Op::StartsWith => any(&|operand| starts_with(value, operand)),
            Op::Lt => any(&|operand| is(operand, &std::cmp::Ordering::is_lt)),
            Op::Gt => any(&|operand| is(operand, &std::cmp::Ordering::is_gt)),
            Op::Between => match self.operands.as_slice() {
                [low, high] => is(low, &std::cmp::Ordering::is_ge) && is(high, &std::cmp::Ordering::is_le),
                _ => false,
            },
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

fn starts_with(value: &Value, operand: &Value) -> bool {
    folded(value).zip(folded(operand)).is_some_and(|(text, beginning)| text.starts_with(&beginning))
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

/// A filter that is asked of a record at hand.
#[derive(Debug, Clone, PartialEq)]
pub enum Conditions {
    All(Vec<Conditions>),
    Any(Vec<Conditions>),
    Not(Box<Conditions>),
    One(Condition),
}

impl Conditions {
    /// Reads a filter; `field` finds a field by its path.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn of<'f>(
        filter: &Filter,
        field: &impl Fn(&str) -> Option<&'f Field>,
        cx: &Context<'_>,
    ) -> Result<Self, String> {
        let each = |parts: &[Filter]| parts.iter().map(|part| Self::of(part, field, cx)).collect::<Result<_, _>>();
        Ok(match filter {
            Filter::And(parts) => Conditions::All(each(parts)?),
            Filter::Or(parts) => Conditions::Any(each(parts)?),
            Filter::Not(part) => Conditions::Not(Box::new(Self::of(part, field, cx)?)),
            Filter::Test { path, op, value } => {
                let of = field(path).ok_or_else(|| format!("\"{path}\" is no field that is known here"))?;
                Conditions::One(test(path, *op, value, of, cx)?)
            }
        })
    }

    /// Whether they hold; `value` gives the value of a field by its path.
    pub fn holds<'v>(&self, value: &impl Fn(&str) -> &'v Value) -> bool {
        match self {
            Conditions::All(parts) => parts.iter().all(|part| part.holds(value)),
            Conditions::Any(parts) => parts.iter().any(|part| part.holds(value)),
            Conditions::Not(part) => !part.holds(value),
            Conditions::One(condition) => condition.holds(value(&condition.path)),
        }
    }

    /// Adds the paths that they ask about.
    pub fn paths(&self, out: &mut BTreeSet<String>) {
        match self {
            Conditions::All(parts) | Conditions::Any(parts) => parts.iter().for_each(|part| part.paths(out)),
            Conditions::Not(part) => part.paths(out),
            Conditions::One(condition) => {
                out.insert(condition.path.clone());
            }
        }
    }
}

/// Reads conditions of a list; `field` finds a field by its path.
///
/// # Errors
/// What is wrong, in words that follow the name of the rule's field.
pub fn read<'f>(
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
    let of = field(path).ok_or_else(|| format!("\"{path}\" is no field that is known here"))?;
    let named = item.get("op").and_then(Json::as_str).unwrap_or("eq");
    let known = || OPS.iter().map(|op| op.name()).collect::<Vec<_>>().join(", ");
    let op = Op::from_name(named).filter(|op| OPS.contains(op));
    let op = op.ok_or_else(|| format!("\"{named}\" is no operator; there are {}", known()))?;
    let value = item.get("value").filter(|value| !value.is_null()).ok_or("needs a value")?;
    test(path, op, value, of, cx)
}

/// One test of a field.
fn test(path: &str, op: Op, value: &Json, of: &Field, cx: &Context<'_>) -> Result<Condition, String> {
    if op != Op::IsNull && !of.spec().operators().contains(&op) {
        return Err(format!("{path} cannot be compared with {}", op.name()));
    }
    let sent = match (op, value) {
        (Op::In | Op::Nin, Json::Array(all)) => all.as_slice(),
        (Op::In | Op::Nin, _) => return Err(format!("needs a list as the value of {}", op.name())),
        (Op::Between, Json::Array(ends)) if ends.len() == 2 => ends.as_slice(),
        (Op::Between, _) => return Err("needs a list of the least and the most as the value of between".to_owned()),
        _ => std::slice::from_ref(value),
    };
    let operand = |json: &Json| match (op, json) {
        // A part of an address is none itself.
        (Op::Contains | Op::StartsWith, Json::String(text)) if !text.is_empty() => Ok(Value::text(text.as_str())),
        (Op::IsNull, Json::Bool(is_null)) => Ok(Value::Bool(*is_null)),
        (Op::IsNull, _) => Err("the value of is_null must be true or false".to_owned()),
        (Op::Eq, Json::Null) => Err(format!("{path} is compared with null by is_null")),
        _ => {
            let single = match op {
                Op::Nin => Op::In,
                Op::Between => Op::Gte,
                other => other,
            };
            of.operand(single, json, cx).map_err(|fault| format!("the value {}", fault.message))
        }
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

    fn filter(text: &str) -> Result<Conditions, String> {
        let filter = crate::filters::filter(&Json::parse_str(text).unwrap(), "filter").unwrap();
        let (fields, settings) = (fields(), Settings::default());
        let cx = Context { settings: &settings, country: None };
        Conditions::of(&filter, &|path| fields.iter().find(|field| field.name == path), &cx)
    }

    #[test]
    fn filters_are_asked_of_a_record() {
        let (german, value, null) = (Value::text("DE"), Value::Int(20_000_000), Value::Null);
        let record = |path: &str| match path {
            "country" => &german,
            "estimated_value" => &value,
            _ => &null,
        };
        for (text, expected) in [
            (
                r#"{"and": [{"field": "country", "value": "DE"}, {"field": "estimated_value", "op": "gt", "value": "1999"}]}"#,
                true,
            ),
            (r#"{"or": [{"field": "country", "value": "AT"}, {"field": "source", "value": "web"}]}"#, false),
            (r#"{"not": {"field": "country", "op": "in", "value": ["AT", "CH"]}}"#, true),
            (r#"{"field": "country", "op": "nin", "value": ["AT", "DE"]}"#, false),
            (r#"{"field": "source", "op": "nin", "value": ["web"]}"#, true),
            (r#"{"field": "email", "op": "is_null", "value": true}"#, true),
            (r#"{"field": "country", "op": "is_null", "value": true}"#, false),
            (r#"{"field": "estimated_value", "op": "between", "value": ["2000", "3000"]}"#, true),
            (r#"{"field": "estimated_value", "op": "lt", "value": "2000"}"#, false),
            (r#"{"field": "company_name", "op": "starts_with", "value": "A"}"#, false),
        ] {
            assert_eq!(filter(text).unwrap().holds(&record), expected, "{text}");
        }
        let mut paths = BTreeSet::new();
        filter(
            r#"{"and": [{"field": "country", "value": "DE"}, {"not": {"field": "email", "value": "a@b.example"}}]}"#,
        )
        .unwrap()
        .paths(&mut paths);
        assert_eq!(paths.into_iter().collect::<Vec<_>>(), ["country", "email"]);
        for bad in [
            r#"{"field": "colour", "value": 1}"#,
            r#"{"field": "country", "value": null}"#,
            r#"{"field": "country", "op": "is_null", "value": "yes"}"#,
            r#"{"field": "estimated_value", "op": "between", "value": ["1"]}"#,
        ] {
            assert!(filter(bad).is_err(), "{bad}");
        }
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
