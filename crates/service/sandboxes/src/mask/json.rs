//! Documents: their form stays, their texts go.

use std::collections::HashSet;

use kontor_catalog::Catalog;
use kontor_model::FieldType;
use serde_json::Value as J;

/// Members and words of the documents that the declarations describe: filters, aggregates, layouts, participants.
const GRAMMAR: &[&str] = &[
    "and",
    "as",
    "avg",
    "base",
    "between",
    "bucket",
    "contact_id",
    "contains",
    "count",
    "cursor",
    "day",
    "direction",
    "email",
    "eq",
    "expand",
    "false",
    "field",
    "fields",
    "filter",
    "fn",
    "group_by",
    "gt",
    "gte",
    "having",
    "height",
    "high",
    "id",
    "in",
    "is_null",
    "kind",
    "label",
    "lead_id",
    "limit",
    "low",
    "lt",
    "lte",
    "max",
    "measures",
    "min",
    "month",
    "ne",
    "nin",
    "not",
    "null",
    "object",
    "op",
    "optional",
    "or",
    "order",
    "organizer",
    "q",
    "quarter",
    "rate",
    "report_id",
    "required",
    "role",
    "sort",
    "starts_with",
    "sum",
    "tax",
    "time_zone",
    "true",
    "user_id",
    "value",
    "values",
    "week",
    "width",
    "x",
    "y",
    "year",
];
/// A number with more digits may be one that somebody is called by.
const LARGEST: u64 = 999_999;
const DEEPEST: usize = 32;

/// The words of a space that say nothing about anyone: names of objects and fields, values of enums.
pub fn known(catalog: &Catalog) -> HashSet<String> {
    let mut words: HashSet<String> = GRAMMAR.iter().map(|word| (*word).to_owned()).collect();
    for def in catalog.objects() {
        words.extend([def.name.clone(), def.plural.clone()]);
        words.extend(def.relations().map(str::to_owned));
        for field in &def.fields {
            words.extend([field.name.clone(), def.path(field)]);
            match &field.ty {
                FieldType::Enum(_) | FieldType::MultiEnum(_) => {
                    let schema = field.spec().schema();
                    let listed = schema.get("enum").or_else(|| schema.pointer("/items/enum"));
                    let values = listed.and_then(J::as_array).into_iter().flatten();
                    words.extend(values.filter_map(J::as_str).map(str::to_owned));
                }
                _ => {}
            }
        }
    }
    words
}

fn is_plain(text: &str, known: &HashSet<String>) -> bool {
    let all = |text: &str, fits: fn(&u8) -> bool| !text.is_empty() && text.as_bytes().iter().all(fits);
    let sorted = text.strip_prefix('-').unwrap_or(text);
    known.contains(sorted)
        || sorted.split('.').all(|part| known.contains(part))
        || (text.len() == 18 && all(text, u8::is_ascii_digit))
        || (text.len() == 10 && all(text, |b| b.is_ascii_digit() || *b == b'-') && text.matches('-').count() == 2)
}

/// The document with every text that is not known replaced by what `mask` makes of it.
pub fn walk(value: &J, known: &HashSet<String>, mask: &dyn Fn(&str) -> String, depth: usize) -> J {
    match value {
        _ if depth > DEEPEST => J::Null,
        J::String(text) if is_plain(text, known) => value.clone(),
        J::String(text) => J::String(mask(text)),
        J::Number(number) => {
            let small = number.as_i64().is_some_and(|n| n.unsigned_abs() <= LARGEST) || number.is_f64();
            if small { value.clone() } else { J::from(0) }
        }
        J::Array(items) => items.iter().map(|item| walk(item, known, mask, depth + 1)).collect(),
        J::Object(members) => J::Object(
            members
                .iter()
                .map(|(name, value)| {
                    let name = if is_plain(name, known) { name.clone() } else { mask(name) };
                    (name, walk(value, known, mask, depth + 1))
                })
                .collect(),
        ),
        other => other.clone(),
    }
}
