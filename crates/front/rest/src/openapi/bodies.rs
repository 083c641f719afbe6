//! Bodies and answers that do not depend on an object.

use kontor_model::{Bucket, MeasureFn, Op};
use serde_json::{Map, Value as J, json};

use super::object::{envelope, list};
use super::{reference, set};

/// All of them, by name.
pub fn schemas() -> Map<String, J> {
    let mut out = Map::new();
    for part in [questions(), changes(), metadata(), bulk()] {
        if let J::Object(part) = part {
            out.extend(part);
        }
    }
    out
}

pub(super) fn object(required: &[&str], properties: J) -> J {
    let mut schema = json!({"type": "object", "additionalProperties": false, "properties": properties});
    if !required.is_empty() {
        set(&mut schema, "required", json!(required));
    }
    schema
}

/// Closed, with an example.
pub(super) fn shown(mut schema: J, example: J) -> J {
    set(&mut schema, "examples", json!([example]));
    schema
}

/// Everything but a count is of a field.
fn with_field(mut measure: J) -> J {
    let of = json!({"required": ["field"], "properties": {"field": {"type": "string", "minLength": 1}}});
    set(&mut measure, "anyOf", json!([{"properties": {"fn": {"const": "count"}}}, of]));
    measure
}

/// At least one key or measure.
fn measuring(mut schema: J) -> J {
    let has = |member: &str| json!({"required": [member], "properties": {member: {"minItems": 1}}});
    set(&mut schema, "anyOf", json!([has("group_by"), has("measures")]));
    schema
}

fn questions() -> J {
    let ops: Vec<&str> = Op::ALL.iter().map(|o| o.name()).collect();
    let buckets: Vec<&str> = Bucket::ALL.iter().map(|b| b.name()).collect();
    let functions: Vec<&str> = MeasureFn::ALL.iter().map(|f| f.name()).collect();
    let filter = || reference("schemas", "Filter");
    json!({
        "Filter": shown(json!({"description": "A condition, or conditions joined by and, or, not; at most 200.", "oneOf": [
            object(&["and"], json!({"and": {"type": "array", "minItems": 1, "items": filter()}})),
            object(&["or"], json!({"or": {"type": "array", "minItems": 1, "items": filter()}})),
            object(&["not"], json!({"not": filter()})),
            object(&["field"], json!({"field": {"type": "string", "minLength": 1}, "op": {"type": "string", "enum": ops, "default": "eq"},
                "value": {"description": "An array for in, nin and between, true or false for is_null."}})),
        ]}), json!({"or": [{"field": "created_at", "op": "gte", "value": "2026-01-01T00:00:00.000Z"}, {"field": "version", "op": "gt", "value": 1}]})),
        "Aggregate": shown(measuring(object(&[], json!({
            "filter": {"anyOf": [filter(), {"type": "null"}]},
            "q": {"type": ["string", "null"]},
            "group_by": {"type": "array", "maxItems": 8, "items": {"anyOf": [{"type": "string", "minLength": 1}, object(&["field"], json!({
                "field": {"type": "string", "minLength": 1},
                "bucket": {"type": ["string", "null"], "enum": buckets.iter().map(|b| json!(b)).chain([J::Null]).collect::<Vec<_>>()},
                "time_zone": {"type": ["string", "null"], "description": "IANA name, for times."}}))]}},
            "measures": {"type": "array", "maxItems": 20, "items": with_field(object(&["fn"], json!({
                "fn": {"type": "string", "enum": functions}, "field": {"type": ["string", "null"]}, "as": {"type": ["string", "null"], "description": "Its name in the answer; fn_field when not said."}})))},
            "having": {"type": "array", "items": object(&["field", "value"], json!({
                "field": {"type": "string"}, "op": {"type": "string", "enum": ["eq", "ne", "lt", "lte", "gt", "gte"]}, "value": {}}))},
            "sort": {"type": "array", "items": {"type": "string", "pattern": "^-?[^-+ ]"}},
            "limit": {"type": ["integer", "null"], "minimum": 1, "maximum": 10_000, "default": 1_000}}))),
            json!({"group_by": [{"field": "created_at", "bucket": "month"}], "measures": [{"fn": "count", "as": "n"}], "sort": ["-n"]})),
        "Groups": list(json!({"type": "object", "description": "Keys and measures by their names; decimals are strings."})),
        "HistoryEntry": {"type": "object", "required": ["kind", "at"], "properties": {
            "kind": {"type": "string", "enum": ["change", "activity"]}, "at": {"type": "string", "format": "date-time"},
            "id": reference("schemas", "Id"), "action": {"type": "string"}, "version": {"type": "integer"},
            "user_id": {"type": ["string", "null"]}, "key_id": {"type": ["string", "null"]}, "request_id": {"type": ["string", "null"]},
            "redacted": {"type": "boolean", "description": "Whether what was changed has been erased."},
            "changes": {"type": "object", "description": "Path → [before, after]."},
            "record": {"type": "object", "description": "The activity."}}},
        "History": list(reference("schemas", "HistoryEntry")),
        "Share": {"type": "object", "required": ["object", "id", "level", "created_at"], "properties": {
            "object": {"const": "share"}, "id": reference("schemas", "Id"), "level": {"type": "string", "enum": ["read", "write"]},
            "user_id": reference("schemas", "Id"), "team_id": reference("schemas", "Id"),
            "created_at": {"type": "string", "format": "date-time"}, "created_by": {"type": ["string", "null"]}}},
        "Shares": list(reference("schemas", "Share")),
        "ShareAnswer": envelope(reference("schemas", "Share")),
        "ShareCreate": shown(json!({"type": "object", "additionalProperties": false, "properties": {
            "user_id": {"type": ["string", "null"], "description": "Whom it is opened to: this, or team_id."},
            "team_id": {"type": ["string", "null"]},
            "level": {"type": ["string", "null"], "enum": ["read", "write", null], "default": "read"}},
            "oneOf": [{"required": ["user_id"]}, {"required": ["team_id"]}]}),
            json!({"user_id": "104512398120374272", "level": "read"})),
    })
}

fn changes() -> J {
    let id = || json!({"type": "string", "description": "The id of a record that is there before."});
    let member = |op: &str, required: &[&str], rest: J| {
        let mut properties = rest;
        set(&mut properties, "op", json!({"type": "string", "const": op}));
        set(&mut properties, "object", json!({"type": "string"}));
        set(
            &mut properties,
            "ref",
            json!({"type": ["string", "null"], "description": "A name for later operations: $name.id"}),
        );
        let required: Vec<&str> = ["op", "object"].into_iter().chain(required.iter().copied()).collect();
        let mut schema = object(&required, properties);
        set(&mut schema, "title", json!(op));
        schema
    };
    let data = || json!({"type": "object"});
    let if_match = || json!({"type": ["integer", "null"], "minimum": 1});
    json!({
        "Deleted": envelope(json!({"type": "object", "required": ["id", "deleted"], "properties": {
            "id": reference("schemas", "Id"), "deleted": {"type": "boolean", "const": true}}})),
        "OperationResult": {"type": "object", "required": ["status"], "description": "What became of one operation: data, or a problem.", "properties": {
            "status": {"type": "integer"}, "data": {"type": "object"}, "error_code": {"type": "integer"}, "title": {"type": "string"}, "error_type": {"type": "string"}, "retry": {"type": "object"},
            "detail": {"type": "string"}, "errors": {"type": "array", "items": reference("schemas", "Fault")}}},
        "Results": list(reference("schemas", "OperationResult")),
        "Composite": shown(object(&["operations"], json!({"operations": {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"oneOf": [
            member("create", &["data"], json!({"data": data()})),
            member("update", &["id", "data"], json!({"id": id(), "if_match": if_match(), "data": data()})),
            member("upsert", &["by", "value", "data"], json!({"by": {"type": "string"}, "value": {"type": ["string", "integer"]}, "if_match": if_match(), "data": data()})),
            member("replace", &["id", "data"], json!({"id": id(), "if_match": if_match(), "data": data()})),
            member("delete", &["id"], json!({"id": id(), "if_match": if_match()})),
            member("restore", &["id"], json!({"id": id(), "if_match": if_match()})),
        ]}}})), json!({"operations": [
            {"ref": "acme", "op": "create", "object": "company", "data": {"name": "Acme"}},
            {"op": "create", "object": "contact", "data": {"last_name": "Roe", "company_id": "$acme.id"}}]})),
    })
}

/// What can be done to an object's records besides changing their fields.
fn actions() -> J {
    json!({"type": "array", "description": "POST /v1/{plural}/{id}/{name}", "items": {"type": "object", "required": ["name", "description", "input", "answer"], "properties": {
        "name": {"type": "string"}, "description": {"type": "string"},
        "input": {"type": "array", "items": reference("schemas", "FieldDefinition")},
        "answer": {"type": "object", "properties": {"object": {"type": "string"}, "new": {"type": "boolean"}, "objects": {"type": "object", "additionalProperties": {"type": "string"}}}}}}})
}

/// What the caller may do with an object's records.
fn allows() -> J {
    json!({"type": "array", "description": "What the caller may do with its records; nothing where they have no routes.",
        "items": {"enum": ["read", "create", "update", "delete"]}})
}

fn metadata() -> J {
    let name = || json!({"type": "string", "pattern": "^[a-z][a-z0-9]*(_[a-z0-9]+)*$", "maxLength": 40});
    let label = || json!({"type": ["string", "null"], "maxLength": 120});
    let description = || json!({"type": ["string", "null"], "maxLength": 1_000});
    let field = || {
        json!({
        "name": name(), "label": label(), "description": description(),
        "required": {"type": "boolean"}, "unique": {"type": "boolean"}, "indexed": {"type": "boolean"}, "searched": {"type": "boolean"},
        "default": {"description": "What a missing value becomes."},
        "max": {"type": ["integer", "null"], "description": "Most characters of a text, largest integer."},
        "min": {"type": ["integer", "null"]},
        "values": {"type": "array", "minItems": 1, "maxItems": 500, "uniqueItems": true, "items": {"type": "string", "minLength": 1, "maxLength": 80, "pattern": "^[^,\u{0}]+$"}}})
    };
    let mut create = field();
    set(&mut create, "type", json!({"type": "string", "enum": kontor_catalog::FIELD_TYPES}));
    set(
        &mut create,
        "scale",
        json!({"type": ["integer", "null"], "minimum": 0, "maximum": 8, "description": "Digits after the point of a decimal; 4 when not said."}),
    );
    set(
        &mut create,
        "object",
        json!({"type": ["string", "null"], "description": "The object that a reference points to."}),
    );
    let mut patch = field();
    set(&mut patch, "retired", json!({"type": "boolean", "description": "false brings a retired field back."}));
    json!({
        "FieldCreate": shown(object(&["name", "type"], create), json!({"name": "plate", "type": "text", "max": 16, "required": true, "unique": true, "searched": true})),
        "FieldUpdate": shown(object(&[], patch), json!({"label": "Number plate"})),
        "ObjectCreate": shown(object(&["name"], json!({
            "name": name(), "plural": name(), "label": label(), "description": description(),
            "name_field": {"type": ["string", "null"], "description": "The field that names a record to a person; the first text when not said."},
            "views": {"type": "array", "description": "GET /v1/{plural}/{id}/{name}", "items": {"type": "object", "required": ["name", "description", "input", "media"], "properties": {
                "name": {"type": "string"}, "description": {"type": "string"},
                "input": {"type": "array", "items": reference("schemas", "FieldDefinition")},
                "media": {"type": "array", "items": {"type": "string"}}}}},
            "fields": {"type": "array", "maxItems": 500, "items": reference("schemas", "FieldCreate")}})),
            json!({"name": "vehicle", "plural": "vehicles", "label": "Vehicle", "name_field": "plate", "fields": [
                {"name": "plate", "type": "text", "max": 16, "required": true, "unique": true, "searched": true},
                {"name": "fuel", "type": "enum", "values": ["petrol", "diesel", "electric"]}]})),
        "ObjectUpdate": shown(object(&[], json!({
            "name": name(), "plural": name(), "label": label(), "description": description(), "name_field": {"type": "string"}})), json!({"label": "Car"})),
        "FieldDefinition": {"type": "object", "required": ["name", "type", "label", "path", "required", "unique", "indexed", "searched", "read_only", "custom", "retired", "operators", "schema"],
            "properties": {
                "name": {"type": "string", "description": "As declared; a reference is sent as {name}_id."}, "type": {"type": "string"}, "label": {"type": "string"},
                "description": {"type": "string"}, "path": {"type": "string", "description": "As filters, sorts and bodies call it."},
                "required": {"type": "boolean"}, "unique": {"type": "boolean"}, "indexed": {"type": "boolean"}, "searched": {"type": "boolean"},
                "read_only": {"type": "boolean"}, "custom": {"type": "boolean"}, "retired": {"type": "boolean"},
                "max": {"type": "integer"}, "min": {"type": "integer"}, "scale": {"type": "integer"}, "object": {"type": "string"},
                "values": {"type": "array", "items": {"type": "string"}}, "default": {},
                "operators": {"type": "array", "items": {"type": "string"}}, "schema": {"type": "object"}}},
        "ObjectDefinition": {"type": "object", "required": ["name", "plural", "label", "description", "service", "custom", "owned", "name_field", "read_only", "lines", "allows", "actions", "views", "fields"], "properties": {
            "name": {"type": "string"}, "plural": {"type": "string"}, "label": {"type": "string"}, "description": {"type": "string"},
            "service": {"type": "string"}, "custom": {"type": "boolean"}, "owned": {"type": "boolean"}, "name_field": {"type": "string"},
            "read_only": {"type": "boolean", "description": "Written by the system; callers read it."},
            "lines": {"type": ["string", "null"], "description": "The object whose records are its lines: sent and answered with it."},
            "allows": allows(),
            "actions": actions(),
            "fields": {"type": "array", "items": reference("schemas", "FieldDefinition")}}},
        "ObjectDefinitionAnswer": envelope(reference("schemas", "ObjectDefinition")),
        "ObjectDefinitionList": list(reference("schemas", "ObjectDefinition")),
        "FieldDefinitionAnswer": envelope(reference("schemas", "FieldDefinition")),
        "FieldDefinitionList": list(reference("schemas", "FieldDefinition")),
        "Retired": envelope(json!({"type": "object", "required": ["name", "retired"], "properties": {
            "name": {"type": "string"}, "object": {"type": "string"}, "retired": {"type": "boolean", "const": true}}})),
    })
}

fn bulk() -> J {
    json!({
        "ImportOptions": shown(json!({"type": "object", "required": ["object"], "properties": {
            "object": {"type": "string", "minLength": 1}, "format": {"type": "string", "enum": ["csv", "ndjson", "xlsx", "vcard"], "description": "Found out from the file when it is left out."}, "key": {"type": ["string", "null"], "description": "A unique field: rows that have it are merged into the record with that value."},
            "mapping": {"type": ["object", "null"], "description": "Column → field."},
            "dry_run": {"type": "boolean", "default": false}, "on_error": {"type": "string", "enum": ["continue", "stop"]}}}),
            json!({"object": "deal", "format": "csv", "key": "external_id", "dry_run": true, "on_error": "continue"})),
        "Export": shown(json!({"type": "object", "required": ["object"], "properties": {
            "object": {"type": "string", "minLength": 1}, "format": {"type": "string", "enum": ["csv", "ndjson", "xlsx", "vcard"]}, "filter": {"anyOf": [reference("schemas", "Filter"), {"type": "null"}]},
            "fields": {"type": ["array", "null"], "items": {"type": "string"}}}}), json!({"object": "contact", "format": "csv"})),
        "Job": {"type": "object", "required": ["id", "state"], "properties": {
            "id": reference("schemas", "Id"), "kind": {"type": "string"},
            "state": {"type": "string", "enum": super::paths::JOB_STATES},
            "object": {"type": ["string", "null"], "description": "What it is about."},
            "priority": {"type": "integer", "description": "Greater goes first within a workspace."},
            "tries": {"type": "integer", "description": "Tries since it last got on; of a dead letter, those that were in vain."},
            "run_at": {"type": "string", "format": "date-time", "description": "It does not begin, or go on, before."},
            "progress": {"type": "object", "properties": {"done": {"type": "integer"}, "total": {"type": ["integer", "null"]}, "failed": {"type": "integer"}}},
            "created_at": {"type": "string", "format": "date-time"}, "created_by": {"type": ["string", "null"]},
            "finished_at": {"type": ["string", "null"], "format": "date-time"}, "cancelling": {"type": "boolean"},
            "result_url": {"type": ["string", "null"], "description": "The exported file, or the rows that an import refused."},
            "report": {"description": "What an import did."}, "detected": {"description": "What was found out about the file."},
            "error": {"type": ["string", "null"]}, "error_code": {"type": ["integer", "null"]}}},
        "RequestLog": {"type": "object", "required": ["id", "at", "method", "route", "status"], "properties": {
            "id": reference("schemas", "Id"), "at": {"type": "string", "format": "date-time", "description": "When the answer was complete."},
            "request_id": {"type": "string"}, "credential": reference("schemas", "Id"), "user_id": {"type": ["string", "null"]},
            "impersonator_id": {"type": ["string", "null"], "description": "Who acted in the user's name."},
            "version": {"type": ["string", "null"], "description": "v1 or v2; null for a path without versions."},
            "method": {"type": "string"}, "route": {"type": "string", "description": "The template of the path."}, "status": {"type": "integer"},
            "error_code": {"type": ["integer", "null"]}, "error_type": {"type": ["string", "null"]}, "duration_ms": {"type": "number"}, "db_ms": {"type": "number"},
            "retry_count": {"type": "integer"}, "downstream": {"type": ["string", "null"]},
            "request_body": {"type": ["string", "null"], "description": "In a sandbox, without secrets, at most 16 KiB."},
            "response_body": {"type": ["string", "null"], "description": "In a sandbox, without secrets, at most 16 KiB."}}},
        "RequestLogList": list(reference("schemas", "RequestLog")),
        "JobSchedule": {"type": "object", "required": ["name", "kind", "cron", "time_zone", "next_at"], "properties": {
            "name": {"type": "string"}, "kind": {"type": "string", "description": "Of its jobs."},
            "cron": {"type": "string", "description": "Five fields: minute, hour, day of month, month, day of week."},
            "time_zone": {"type": "string", "description": "By whose clock; a stroke that the clock skips comes right after, one that comes twice is one."},
            "priority": {"type": "integer"}, "next_at": {"type": "string", "format": "date-time"},
            "last_at": {"type": ["string", "null"], "format": "date-time"}, "last_job_id": {"type": ["string", "null"]}}},
        "JobScheduleList": list(reference("schemas", "JobSchedule")),
        "JobAnswer": envelope(reference("schemas", "Job")),
        "JobList": list(reference("schemas", "Job")),
    })
}
