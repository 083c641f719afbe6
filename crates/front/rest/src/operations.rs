//! Operations of a batch or composite as changes (api.md 6, Bodies).

use kontor_catalog::Catalog;
use kontor_model::changes::Step;
use kontor_model::{Change, Error, ErrorCode, Fault, Id, Json, Mode, Result, name};
use kontor_records::MAX_OPERATIONS;

use crate::members::Members;

const OPS: &[&str] = &["create", "update", "replace", "upsert", "delete", "restore"];

/// The operations of a body, none when it is malformed.
///
/// # Errors
/// 400001 without any, 413000 for more than 1,000.
pub fn list<'a>(members: &mut Members<'a>) -> Result<&'a [Json]> {
    let operations = members.array("operations").unwrap_or_default();
    if operations.is_empty() {
        members.fault("operations", "required", "must be an array of 1 to 1,000 operations");
    }
    if operations.len() > MAX_OPERATIONS {
        let detail =
            format!("operations may be {MAX_OPERATIONS}, not {}; send several batches, or an import", operations.len());
        return Err(Error::new(ErrorCode::TooLarge, detail));
    }
    Ok(operations)
}

/// One operation of a batch over one object.
///
/// # Errors
/// 400001 with all faults; their paths are within the operation.
pub fn of_batch(object: &str, json: &Json) -> Result<Step> {
    let (op, known) = known(json, false)?;
    let mut members = Members::of(json, "", &known)?;
    let change = change(op, object, &mut members);
    members.done()?;
    Ok(Step::from(change.ok_or_else(|| Error::internal("an operation without faults and without a change"))?))
}

/// One operation of a composite: names its object, and may be named.
///
/// # Errors
/// As [`of_batch`]; 400002 for an unknown object, 404000 for one that has routes of its own.
pub fn of_composite(catalog: &Catalog, json: &Json) -> Result<Step> {
    let (op, known) = known(json, true)?;
    let mut members = Members::of(json, "", &known)?;
    let object = members.string("object").unwrap_or_default();
    match catalog.object(object) {
        Some(def) if def.routed => {}
        _ if !members.has("object") => members.fault("object", "required", "is required"),
        _ => {
            let hint = name::hint(object, catalog.objects().filter(|o| o.routed).map(|o| o.name.as_str()));
            members.coded("object", ErrorCode::UnknownField, format!("there is no such object{hint}"));
        }
    }
    let name = members.string("ref").map(str::to_owned);
    if name.as_deref().is_some_and(|name| !name::is_valid(name)) {
        members.fault("ref", "format", "must be of small letters, digits and _, beginning with a letter");
    }
    let change = change(op, object, &mut members);
    members.done()?;
    let change = change.ok_or_else(|| Error::internal("an operation without faults and without a change"))?;
    Ok(Step { name, ..change.into() })
}

/// The engine's refusal of a single operation, under its place; of several the engine says which.
pub fn placed(error: Error, count: usize) -> Error {
    if count == 1 && error.code().status() < 500 && !error.code().retryable() {
        error.under_operation(0)
    } else {
        error
    }
}

/// The operation's word and the members that go with it.
fn known(json: &Json, composite: bool) -> Result<(&'static str, Vec<&'static str>)> {
    let Some(given) = json.get("op").and_then(Json::as_str) else {
        let message = format!("is required: one of {}", OPS.join(", "));
        return Err(Fault::new("op", "required", message).into());
    };
    let Some(op) = OPS.iter().copied().find(|op| *op == given) else {
        let hint = name::hint(given, OPS.iter().copied());
        let message = format!("must be one of {}{hint}", OPS.join(", "));
        return Err(Fault::coded("op", ErrorCode::EnumNotAllowed, message)
            .value(Json::from(given).excerpt())
            .allowed(OPS.iter().copied())
            .into());
    };
    let mut known = match op {
        "create" => vec!["op", "data"],
        "upsert" => vec!["op", "by", "value", "if_match", "data"],
        "delete" | "restore" => vec!["op", "id", "if_match"],
        _ => vec!["op", "id", "if_match", "data"],
    };
    if composite {
        known.extend(["ref", "object"]);
    }
    Ok((op, known))
}

fn change(op: &str, object: &str, members: &mut Members<'_>) -> Option<Change> {
    let object = object.to_owned();
    let takes_data = !matches!(op, "delete" | "restore");
    let data = match members.get("data") {
        Some(data @ Json::Object(_)) => Some(data.clone()),
        Some(other) => {
            members.fault("data", "type", format!("must be an object, not {}", other.kind()));
            None
        }
        None if takes_data => {
            members.fault("data", "required", "is required");
            None
        }
        None => None,
    };
    let if_match = members.get("if_match").and_then(|json| {
        let version = json.as_i64().filter(|v| *v > 0);
        if version.is_none() {
            members.fault("if_match", "type", "must be a version: a whole number from 1 on");
        }
        version
    });
    Some(match op {
        "create" => Change::Create { object, data: data? },
        "upsert" => {
            let by = required(members, "by");
            let value = members.get("value").cloned();
            if value.is_none() {
                members.fault("value", "required", "is required");
            }
            Change::Upsert { object, by, value: value?, if_match, data: data? }
        }
        "delete" => Change::Delete { object, id: id(members)?, if_match },
        "restore" => Change::Restore { object, id: id(members)?, if_match },
        _ => {
            let mode = if op == "replace" { Mode::Replace } else { Mode::Merge };
            Change::Update { object, id: id(members)?, if_match, mode, data: data? }
        }
    })
}

fn required(members: &mut Members<'_>, name: &str) -> String {
    if members.get(name).is_none() {
        members.fault(name, "required", "is required");
    }
    members.string(name).unwrap_or_default().to_owned()
}

/// The id; what is no id is no record (404001).
fn id(members: &mut Members<'_>) -> Option<Id> {
    let text = required(members, "id");
    let id = text.parse().ok();
    if id.is_none() && members.get("id").is_some_and(|id| id.as_str().is_some()) {
        members.coded("id", ErrorCode::NotFound, "is the id of no record: an id is a string of up to 19 digits");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Step> {
        of_batch("contact", &Json::parse_str(text).unwrap())
    }

    #[test]
    fn the_examples_of_the_contract() {
        let change = |text: &str| read(text).unwrap().change;
        assert!(matches!(change(r#"{"op": "create", "data": {"a": 1}}"#), Change::Create { .. }));
        let update = change(r#"{"op": "update", "id": "1045", "if_match": 7, "data": {}}"#);
        assert!(matches!(update, Change::Update { id: Id(1045), if_match: Some(7), mode: Mode::Merge, .. }));
        assert!(matches!(
            change(r#"{"op": "upsert", "by": "email", "value": "a@b.example", "data": {}}"#),
            Change::Upsert { .. }
        ));
        assert!(matches!(
            change(r#"{"op": "delete", "id": "1045"}"#),
            Change::Delete { id: Id(1045), if_match: None, .. }
        ));
    }

    #[test]
    fn every_member_is_checked() {
        for (text, code) in [
            ("[]", ErrorCode::Invalid),
            ("{}", ErrorCode::Invalid),
            (r#"{"op": "creat", "data": {}}"#, ErrorCode::EnumNotAllowed),
            (r#"{"op": "create"}"#, ErrorCode::Invalid),
            (r#"{"op": "create", "data": []}"#, ErrorCode::Invalid),
            (r#"{"op": "create", "data": {}, "id": "7"}"#, ErrorCode::UnknownField),
            (r#"{"op": "delete", "id": "x"}"#, ErrorCode::NotFound),
            (r#"{"op": "delete", "id": 7}"#, ErrorCode::Invalid),
            (r#"{"op": "update", "id": "7", "if_match": "7", "data": {}}"#, ErrorCode::Invalid),
            (r#"{"op": "upsert", "by": "email", "data": {}}"#, ErrorCode::Invalid),
        ] {
            assert_eq!(read(text).unwrap_err().code(), code, "{text}");
        }
    }
}
