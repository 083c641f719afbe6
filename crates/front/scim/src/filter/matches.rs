//! A filter held against a resource. Names and most strings are compared without regard to case (RFC 7643, 2.1).

use std::cmp::Ordering;

use kontor_model::time::parse_datetime;
use serde_json::{Map, Value as J};

use super::{Attribute, Filter, Op};

/// Attributes whose case counts (RFC 7643, 3.1 and 2.3.7).
const EXACT: &[&str] = &["id", "externalid", "$ref"];

/// A member by its name in any case.
fn member<'a>(of: &'a Map<String, J>, name: &str) -> Option<&'a J> {
    of.get(name).or_else(|| of.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// The values of an attribute: those of all elements where it has several, of an element its `value`.
pub fn values<'a>(resource: &'a J, attribute: &Attribute) -> Vec<&'a J> {
    let Some(value) = resource.as_object().and_then(|of| member(of, &attribute.name)) else { return Vec::new() };
    let elements: Vec<&J> = match value {
        J::Array(elements) => elements.iter().collect(),
        one => vec![one],
    };
    let part = |element: &'a J| match (element, &attribute.sub) {
        (J::Object(of), Some(sub)) => member(of, sub),
        (J::Object(of), None) => member(of, "value").or(Some(element)),
        (_, Some(_)) => None,
        (plain, None) => Some(plain),
    };
    elements.into_iter().filter_map(part).filter(|value| !value.is_null()).collect()
}

/// Whether it holds.
pub fn holds(filter: &Filter, resource: &J) -> bool {
    match filter {
        Filter::And(all) => all.iter().all(|one| holds(one, resource)),
        Filter::Or(any) => any.iter().any(|one| holds(one, resource)),
        Filter::Not(one) => !holds(one, resource),
        Filter::Present(attribute) => {
            let empty = |value: &&J| match value {
                J::String(text) => text.is_empty(),
                J::Array(all) => all.is_empty(),
                J::Object(all) => all.is_empty(),
                _ => false,
            };
            values(resource, attribute).iter().any(|value| !empty(value))
        }
        Filter::Test(attribute, Op::Ne, wanted) => !test(attribute, Op::Eq, wanted, resource),
        Filter::Test(attribute, op, wanted) => test(attribute, *op, wanted, resource),
        Filter::Element(attribute, inner) => {
            let whole = resource.as_object().and_then(|of| member(of, &attribute.name));
            match whole {
                Some(J::Array(elements)) => elements.iter().any(|element| holds(inner, element)),
                Some(one) => holds(inner, one),
                None => false,
            }
        }
    }
}

fn test(attribute: &Attribute, op: Op, wanted: &J, resource: &J) -> bool {
    let found = values(resource, attribute);
    if wanted.is_null() {
        return op == Op::Eq && found.is_empty();
    }
    let name = attribute.sub.as_deref().unwrap_or(&attribute.name).to_ascii_lowercase();
    let exact = EXACT.contains(&name.as_str());
    found.into_iter().any(|value| compare(value, op, wanted, exact))
}

fn compare(value: &J, op: Op, wanted: &J, exact: bool) -> bool {
    let order = match (value, wanted) {
        (J::String(value), J::String(wanted)) => {
            let fold = |text: &str| if exact { text.to_owned() } else { text.to_lowercase() };
            let (value, wanted) = (fold(value), fold(wanted));
            match op {
                Op::Co => return value.contains(&wanted),
                Op::Sw => return value.starts_with(&wanted),
                Op::Ew => return value.ends_with(&wanted),
                _ => {}
            }
            // Times are compared as times, in whatever zone they are written.
            let time = |text: &str| parse_datetime(&text.to_uppercase()).ok();
            match (time(&value), time(&wanted)) {
                (Some(value), Some(wanted)) => Some(value.cmp(&wanted)),
                _ => Some(value.cmp(&wanted)),
            }
        }
        // Some directories write booleans as strings.
        (J::Bool(value), J::String(wanted)) => {
            (wanted.eq_ignore_ascii_case(&value.to_string())).then_some(Ordering::Equal)
        }
        (J::Bool(value), J::Bool(wanted)) => (value == wanted).then_some(Ordering::Equal),
        (J::Number(value), J::Number(wanted)) => {
            value.as_f64().zip(wanted.as_f64()).and_then(|(a, b)| a.partial_cmp(&b))
        }
        _ => None,
    };
    let Some(order) = order else { return false };
    match op {
        Op::Eq => order == Ordering::Equal,
        Op::Gt => order == Ordering::Greater,
        Op::Ge => order != Ordering::Less,
        Op::Lt => order == Ordering::Less,
        Op::Le => order != Ordering::Greater,
        Op::Ne | Op::Co | Op::Sw | Op::Ew => false,
    }
}
