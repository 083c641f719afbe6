//! Bodies of searches and aggregates (api.md 6, Bodies).

use kontor_model::query::Having;
use kontor_model::{Aggregate, Bucket, ErrorCode, Group, Json, Measure, MeasureFn, Query, Result, Sort, name};

use crate::filters;
use crate::members::Members;
use crate::words;

const SEARCH: &[&str] = &["filter", "q", "sort", "fields", "expand", "limit", "offset", "cursor", "count", "deleted"];
const AGGREGATE: &[&str] = &["filter", "q", "group_by", "measures", "having", "sort", "limit"];

/// A list by body.
///
/// # Errors
/// 400001 with all faults, each with its code.
pub fn search(object: &str, body: &Json) -> Result<Query> {
    let mut members = Members::of(body, "", SEARCH)?;
    let query = Query {
        object: object.to_owned(),
        filter: filter(&mut members),
        text: members.string("q").map(str::to_owned),
        sort: sort(&mut members),
        fields: members.strings("fields"),
        expand: members.strings("expand").unwrap_or_default(),
        limit: limit(&mut members),
        offset: members.whole("offset"),
        cursor: members.string("cursor").filter(|cursor| !cursor.is_empty()).map(str::to_owned),
        count: match members.string("count").map(words::count) {
            Some(None) => {
                members.fault("count", "not_allowed", "must be none, exact or estimate");
                Default::default()
            }
            Some(Some(count)) => count,
            None => Default::default(),
        },
        deleted: members.flag("deleted").unwrap_or_default(),
    };
    members.done().map(|()| query)
}

/// Groups and figures by body.
///
/// # Errors
/// As [`search`].
pub fn aggregate(object: &str, body: &Json) -> Result<Aggregate> {
    let mut members = Members::of(body, "", AGGREGATE)?;
    let aggregate = Aggregate {
        object: object.to_owned(),
        filter: filter(&mut members),
        text: members.string("q").map(str::to_owned),
        group_by: each(&mut members, "group_by", group),
        measures: each(&mut members, "measures", measure),
        having: each(&mut members, "having", having),
        sort: sort(&mut members),
        limit: limit(&mut members),
    };
    members.done().map(|()| aggregate)
}

/// # Errors
/// Collected in the members.
pub fn filter(members: &mut Members<'_>) -> Option<kontor_model::Filter> {
    let json = members.get("filter")?;
    let path = members.at("filter");
    members.keep("filter", filters::filter(json, &path))
}

fn sort(members: &mut Members<'_>) -> Vec<Sort> {
    let texts = members.strings("sort").unwrap_or_default();
    texts.iter().filter_map(|text| members.keep("sort", words::sort(text))).collect()
}

fn limit(members: &mut Members<'_>) -> Option<u32> {
    let n = members.whole("limit")?;
    match u32::try_from(n).ok().filter(|n| i32::try_from(*n).is_ok()) {
        Some(n) => Some(n),
        None => {
            members.coded("limit", ErrorCode::LimitOutOfRange, format!("is far too large: {n}"));
            None
        }
    }
}

fn each<T>(members: &mut Members<'_>, name: &str, read: impl Fn(&Json, &str) -> Result<T>) -> Vec<T> {
    let items = members.array(name).unwrap_or_default();
    let at = members.at(name);
    items.iter().enumerate().filter_map(|(i, item)| members.keep(name, read(item, &format!("{at}.{i}")))).collect()
}

fn group(json: &Json, path: &str) -> Result<Group> {
    if let Json::String(field) = json {
        return Ok(Group { path: field.clone(), bucket: None, time_zone: None });
    }
    let mut members = Members::of(json, path, &["field", "bucket", "time_zone"])?;
    let field = required(&mut members, "field");
    let bucket = members.string("bucket").and_then(|text| {
        let found = Bucket::from_name(text);
        if found.is_none() {
            let names: Vec<&str> = Bucket::ALL.iter().map(|b| b.name()).collect();
            members.coded("bucket", ErrorCode::BadQuery, one_of(text, &names));
        }
        found
    });
    let time_zone = members.string("time_zone").map(str::to_owned);
    members.done().map(|()| Group { path: field, bucket, time_zone })
}

fn measure(json: &Json, path: &str) -> Result<Measure> {
    let mut members = Members::of(json, path, &["fn", "field", "as"])?;
    let word = required(&mut members, "fn");
    let function = MeasureFn::from_name(&word);
    if function.is_none() && !word.is_empty() {
        let names: Vec<&str> = MeasureFn::ALL.iter().map(|f| f.name()).collect();
        members.coded("fn", ErrorCode::BadQuery, one_of(&word, &names));
    }
    let field = members.string("field").map(str::to_owned);
    let name = match (members.string("as"), &field) {
        (Some(name), _) => name.to_owned(),
        (None, Some(field)) => format!("{word}_{}", field.replace('.', "_")),
        (None, None) => word,
    };
    members.done()?;
    Ok(Measure { function: function.unwrap_or(MeasureFn::Count), path: field, name })
}

fn having(json: &Json, path: &str) -> Result<Having> {
    let mut members = Members::of(json, path, &["field", "op", "value"])?;
    let name = required(&mut members, "field");
    let word = members.string("op").unwrap_or("eq");
    let op = members.keep("op", words::op(word));
    let value = members.get("value").cloned().unwrap_or(Json::Null);
    members.done()?;
    Ok(Having { name, op: op.unwrap_or(kontor_model::Op::Eq), value })
}

fn required(members: &mut Members<'_>, name: &str) -> String {
    if members.get(name).is_none() {
        members.fault(name, "required", "is required");
    }
    members.string(name).unwrap_or_default().to_owned()
}

fn one_of(given: &str, names: &[&str]) -> String {
    format!("must be one of {}{}", names.join(", "), name::hint(given, names.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kontor_model::Count;

    fn json(text: &str) -> Json {
        Json::parse_str(text).unwrap()
    }

    #[test]
    fn the_examples_of_the_contract() {
        let body = r#"{"filter": {"field": "amount", "op": "gte", "value": "1000"}, "q": "pro", "sort": ["-close_date"],
            "fields": ["name", "amount"], "expand": ["company"], "limit": 100, "cursor": null, "count": "exact"}"#;
        let query = search("deal", &json(body)).unwrap();
        assert_eq!((query.limit, query.cursor, query.count), (Some(100), None, Count::Exact));
        assert!(query.sort[0].descending && query.filter.is_some());
        let body = r#"{"group_by": ["stage.kind", {"field": "close_date", "bucket": "quarter", "time_zone": "Europe/Berlin"}],
            "measures": [{"fn": "count", "as": "n"}, {"fn": "sum", "field": "amount"}],
            "having": [{"field": "n", "op": "gt", "value": 10}], "sort": ["-n"], "limit": 100}"#;
        let aggregate = aggregate("deal", &json(body)).unwrap();
        assert_eq!(aggregate.group_by[1].bucket, Some(Bucket::Quarter));
        assert_eq!((aggregate.measures[1].name.as_str(), aggregate.having.len()), ("sum_amount", 1));
    }

    #[test]
    fn every_member_is_checked() {
        let code = |body: &str| search("deal", &json(body)).unwrap_err().code();
        assert_eq!(code(r#"{"limti": 1}"#), ErrorCode::UnknownField);
        assert_eq!(code(r#"{"limit": "1"}"#), ErrorCode::LimitOutOfRange);
        assert_eq!(code(r#"{"limit": -1}"#), ErrorCode::LimitOutOfRange);
        assert_eq!(code(r#"{"limit": 99999999999}"#), ErrorCode::LimitOutOfRange);
        assert_eq!(code(r#"{"sort": "name"}"#), ErrorCode::Invalid);
        assert_eq!(code(r#"{"count": "yes"}"#), ErrorCode::Invalid);
        assert_eq!(code(r#"{"filter": {"field": "a", "op": "x"}}"#), ErrorCode::BadQuery);
        let error =
            aggregate("deal", &json(r#"{"measures": [{"fn": "summ"}, {"as": 1}], "group_by": [{"bucket": "dya"}]}"#))
                .unwrap_err();
        let fields: Vec<&str> = error.faults().iter().map(|f| f.field.as_str()).collect();
        assert_eq!(
            fields,
            ["group_by.0.field", "group_by.0.bucket", "measures.0.fn", "measures.1.fn", "measures.1.as"]
        );
    }
}
