//! Every operator on every field type that allows it, against a plain reading of the same records.

use std::cmp::Ordering;

use kontor_testkit::{Api, both, query, serial};
use serde_json::{Value, json};

use crate::support::{batch, examples::Examples};

both!(every_operator_of_every_type, every_operator_of_every_field_is_answered);

/// A value as filters compare it.
#[derive(Debug, Clone, PartialEq)]
enum Plain {
    Null,
    Text(String),
    /// In units of 10⁻⁸.
    Number(i128),
    Bool(bool),
    List(Vec<String>),
    Other,
}

fn number(text: &str) -> i128 {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    sign * format!("{whole}{fraction:0<8}").parse::<i128>().unwrap()
}

fn plain(kind: &str, value: &Value) -> Plain {
    match (kind, value) {
        (_, Value::Null) => Plain::Null,
        ("integer", Value::Number(n)) => Plain::Number(number(&n.to_string())),
        ("decimal" | "money" | "reference" | "any_reference", Value::String(text)) => Plain::Number(number(text)),
        (_, Value::Bool(b)) => Plain::Bool(*b),
        ("tags" | "multi_enum", Value::Array(items)) => {
            Plain::List(items.iter().map(|item| item.as_str().unwrap().to_owned()).collect())
        }
        ("json", _) => Plain::Other,
        // Dates and times are of one length, and so in the order of their text.
        (_, Value::String(text)) => Plain::Text(text.clone()),
        other => panic!("{other:?}"),
    }
}

fn order(left: &Plain, right: &Plain) -> Option<Ordering> {
    match (left, right) {
        (Plain::Text(a), Plain::Text(b)) => Some(a.cmp(b)),
        (Plain::Number(a), Plain::Number(b)) => Some(a.cmp(b)),
        (Plain::Bool(a), Plain::Bool(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// Whether a value meets a condition; "not Berlin" includes "nowhere".
fn meets(op: &str, value: &Plain, operands: &[Plain]) -> bool {
    let first = &operands[0];
    let is = |wanted: &[Ordering]| order(value, first).is_some_and(|o| wanted.contains(&o));
    let among = || operands.iter().any(|operand| order(value, operand) == Some(Ordering::Equal));
    let text = |whole: fn(&str, &str) -> bool| match (value, first) {
        (Plain::Text(a), Plain::Text(b)) => whole(&a.to_lowercase(), &b.to_lowercase()),
        (Plain::List(items), Plain::Text(b)) => items.contains(b),
        _ => false,
    };
    match op {
        "eq" => is(&[Ordering::Equal]),
        "ne" => !is(&[Ordering::Equal]),
        "lt" => is(&[Ordering::Less]),
        "lte" => is(&[Ordering::Less, Ordering::Equal]),
        "gt" => is(&[Ordering::Greater]),
        "gte" => is(&[Ordering::Greater, Ordering::Equal]),
        "in" => among(),
        "nin" => !among(),
        "contains" => text(|a, b| a.contains(b)),
        "starts_with" => text(|a, b| a.starts_with(b)),
        "is_null" => (*value == Plain::Null) == (*first == Plain::Bool(true)),
        "between" => {
            let from = order(value, first).is_some_and(Ordering::is_ge);
            from && order(value, &operands[1]).is_some_and(Ordering::is_le)
        }
        other => panic!("{other}"),
    }
}

/// The operands to try for one operator, as JSON.
fn operands(op: &str, kind: &str, values: &[Value]) -> Vec<Vec<Value>> {
    let there: Vec<&Value> = values.iter().filter(|value| !value.is_null()).collect();
    let one = |value: &Value| match value {
        Value::Array(items) => items[0].clone(),
        other => other.clone(),
    };
    match op {
        "is_null" => vec![vec![json!(true)], vec![json!(false)]],
        "between" => there.iter().flat_map(|a| there.iter().map(|b| vec![(*a).clone(), (*b).clone()])).collect(),
        "in" | "nin" => vec![
            vec![there[0].clone()],
            there.iter().map(|value| (*value).clone()).take(2).collect(),
            there.iter().rev().map(|value| (*value).clone()).take(2).collect(),
        ],
        "contains" | "starts_with" if !matches!(kind, "tags" | "multi_enum") => {
            let text = there[0].as_str().unwrap();
            let part = |from: usize, to: usize| json!(text.chars().skip(from).take(to - from).collect::<String>());
            vec![
                vec![part(0, 2)],
                vec![part(1, 3)],
                vec![json!(text.to_uppercase())],
                vec![json!("%")],
                vec![json!("zzzz")],
            ]
        }
        _ => there.iter().map(|value| vec![one(value)]).collect(),
    }
}

async fn every_operator_of_every_type(api: Api) {
    let contacts = [
        api.create("/v1/contacts", json!({"last_name": serial()})).await,
        api.create("/v1/contacts", json!({"last_name": serial()})).await,
    ];
    let columns = json!({
        "a_text": ["Anna", "anna b", "Öztürk_%", ""],
        "a_long": ["first\nline", "Second", "third %", "x"],
        "an_integer": [-3, 0, 9_007_199_254_740_993_i64, i64::MAX],
        "a_decimal": ["-0.5", "0", "0.12345678", "99999"],
        "a_money": ["-1", "0.0001", "19.99", "900000000000000"],
        "a_bool": [true, false, true, false],
        "a_date": ["0001-01-01", "2024-02-29", "2025-12-31", "9999-12-31"],
        "a_time": ["1969-12-31T23:59:59.999Z", "2025-03-30T01:00:00.000Z", "2025-03-30T01:00:00.001Z", "9000-01-01T00:00:00.000Z"],
        "an_enum": ["low", "high", "low", "middle"],
        "words": [["one"], ["one", "two"], ["Two"], ["%"]],
        "choices": [["x"], ["x", "y"], ["z"], ["y", "z"]],
        "an_email": ["a@example.com", "b@example.com", "ab@example.org", "z@example.net"],
        "a_phone": ["+493090182000", "+8613800138000", "+14155552671", "+442079460958"],
        "a_url": ["https://a.example/x", "https://b.example/", "http://a.example/y", "https://c.example/%25"],
        "a_currency": ["EUR", "CNY", "USD", "JPY"],
        "a_country": ["DE", "CN", "US", "JP"],
        "a_document": [{"a": 1}, [1], "x", true],
    });
    let mut fields: Vec<Value> = [
        ("a_text", "text"),
        ("a_long", "long_text"),
        ("an_integer", "integer"),
        ("a_money", "money"),
        ("a_bool", "bool"),
        ("a_date", "date"),
        ("a_time", "datetime"),
        ("words", "tags"),
        ("an_email", "email"),
        ("a_phone", "phone"),
        ("a_url", "url"),
        ("a_currency", "currency"),
        ("a_country", "country"),
        ("a_document", "json"),
    ]
    .map(|(name, kind)| json!({"name": name, "type": kind}))
    .to_vec();
    fields.push(json!({"name": "a_decimal", "type": "decimal", "scale": 8}));
    fields.push(json!({"name": "an_enum", "type": "enum", "values": ["low", "middle", "high"]}));
    fields.push(json!({"name": "choices", "type": "multi_enum", "values": ["x", "y", "z"]}));
    fields.push(json!({"name": "friend", "type": "reference", "object": "contact"}));
    let specimens = api.object("specimen", json!(fields)).await;
    let records = (0..5).map(|i| {
        let mut record: serde_json::Map<String, Value> = columns
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, values)| (name.clone(), values.get(i).cloned().unwrap_or_default()))
            .collect();
        record.insert("friend_id".to_owned(), contacts.get(i % 3).map_or(Value::Null, |id| json!(id)));
        Value::Object(record)
    });
    let _ = batch(&api, &specimens.path, records).await;
    check(&api, &specimens.path, &specimens.name, ("version", "gte", "1")).await;
}

/// Asks every question about every field of an object, of the records that `only` leaves.
async fn check(api: &Api, path: &str, object: &str, only: (&str, &str, &str)) {
    let fields =
        api.get(&format!("/v1/metadata/objects/{object}/fields")).await.expect(200).data().as_array().unwrap().clone();
    let among = json!({"field": only.0, "op": only.1, "value": only.2});
    let parameter = format!("filter[{}][{}]", only.0, only.1);
    let only = [(parameter.as_str(), only.2)];
    let records = api
        .get(&query(path, &[&only[..], &[("limit", "500"), ("sort", "id")]].concat()))
        .await
        .expect(200)
        .rows()
        .to_vec();
    let mut asked = 0;
    for field in fields {
        let (name, kind) = (field["path"].as_str().unwrap(), field["type"].as_str().unwrap());
        let values: Vec<Value> = records.iter().map(|record| record[name].clone()).collect();
        if values.iter().all(Value::is_null) {
            continue;
        }
        for op in field["operators"].as_array().unwrap().iter().map(|op| op.as_str().unwrap()) {
            for operands in operands(op, kind, &values) {
                let one_kind = if matches!(kind, "tags" | "multi_enum" | "long_text") { "text" } else { kind };
                let read: Vec<Plain> = operands
                    .iter()
                    .map(|operand| plain(if op == "is_null" { "bool" } else { one_kind }, operand))
                    .collect();
                let expected: Vec<&str> = records
                    .iter()
                    .zip(&values)
                    .filter(|(_, value)| meets(op, &plain(kind, value), &read))
                    .map(|(record, _)| record["id"].as_str().unwrap())
                    .collect();
                let value = if matches!(op, "in" | "nin" | "between") { json!(operands) } else { operands[0].clone() };
                let tests = [&among, &json!({"field": name, "op": op, "value": value})];
                let reply = api
                    .post(&format!("{path}/search"), json!({"filter": {"and": tests}, "sort": ["id"], "limit": 500}))
                    .await
                    .expect(200);
                assert_eq!(reply.ids(), expected, "{name} ({kind}) {op} {value}");
                let words: Vec<String> = operands
                    .iter()
                    .map(|operand| operand.as_str().map_or_else(|| operand.to_string(), str::to_owned))
                    .collect();
                let pair = (format!("filter[{name}][{op}]"), words.join(","));
                // Two conditions on one field and operator are one parameter twice: those are asked by body only.
                if pair.0 == parameter {
                    continue;
                }
                let url = query(path, &[&only[..], &[(&pair.0, &pair.1), ("sort", "id"), ("limit", "500")]].concat());
                assert_eq!(api.get(&url).await.expect(200).ids(), expected, "{url}");
                asked += 1;
            }
        }
    }
    assert!(asked > 100, "only {asked} questions about {object}");
}

/// Standard objects lie in columns of their own, custom ones in a document: both are asked, and every field of every
/// object at least answers.
async fn every_operator_of_every_field_is_answered(api: Api) {
    let examples = Examples::of(&api).await;
    for object in examples.routed() {
        let fields = api
            .get(&format!("/v1/metadata/objects/{object}/fields"))
            .await
            .expect(200)
            .data()
            .as_array()
            .unwrap()
            .clone();
        let path = examples.path(object);
        for field in fields.iter().filter(|field| field["retired"] != true) {
            let name = field["path"].as_str().unwrap();
            let value = examples.value(field, 1);
            let test = |op: &Value| {
                let operand = match op.as_str().unwrap() {
                    "is_null" => json!(true),
                    "in" | "nin" => json!([value]),
                    "between" => json!([value, value]),
                    "contains" => value.as_array().map_or(value.clone(), |items| items[0].clone()),
                    _ => value.clone(),
                };
                json!({"field": name, "op": op, "value": operand})
            };
            let tests: Vec<Value> = field["operators"].as_array().unwrap().iter().map(test).collect();
            let reply = api.post(&format!("{path}/search"), json!({"filter": {"or": tests}, "limit": 1})).await;
            assert_eq!(reply.status, 200, "{object}.{name}: {reply}");
        }
    }
    for _ in 0..3 {
        let _ = examples.create(&api, "company").await;
    }
    check(&api, "/v1/companies", "company", ("external_id", "starts_with", examples.marker())).await;
}
