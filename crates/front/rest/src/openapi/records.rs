//! The operations on the records of one object.

use kontor_catalog::ObjectDef;
use serde_json::{Map, Value as J, json};

use super::names::{Names, pascal};
use super::object::Schemas;
use super::operation::{self, Answer, Detail, ETAG, MADE, PLACE, json_answer, json_body};
use super::{reference, set};
use crate::routes::{Access, RECORDS, Route};

/// Adds the parameters whose values depend on the object.
pub fn parameters(def: &ObjectDef, names: &Schemas, out: &mut J) {
    let stem = &names.record;
    let many = |name: &str, about: &str, item: J, most: Option<usize>| {
        let mut schema = json!({"type": "array", "minItems": 1, "items": item});
        if let Some(most) = most {
            set(&mut schema, "maxItems", json!(most));
        }
        json!({"name": name, "in": "query", "style": "form", "explode": false, "description": about, "schema": schema})
    };
    set(
        out,
        &format!("{stem}Sort"),
        many(
            "sort",
            "Fields to sort by, a minus before descending ones; newest first when none is named.",
            names.part("Sort"),
            Some(5),
        ),
    );
    out[format!("{stem}Fields")] =
        many("fields", "Fields to answer with; all when none is named.", names.part("Path"), None);
    out[format!("{stem}Expand")] =
        many("expand", "References to answer with as records.", names.part("Relation"), Some(10));
    set(
        out,
        &format!("{stem}Filter"),
        json!({"name": "filter", "in": "query", "style": "deepObject", "explode": true, "schema": names.part("Filter"),
        "example": {"created_at": {"gte": "2026-01-01T00:00:00.000Z"}}, "description": "filter[field]=value, filter[field][operator]=value; OR and NOT are in the search."}),
    );
    let unique: Vec<String> = def.shown().filter(|(_, f)| ObjectDef::is_key(f)).map(|(_, f)| def.path(f)).collect();
    set(
        out,
        &format!("{stem}By"),
        json!({"name": "field", "in": "path", "required": true, "description": "A unique field.", "schema": {"type": "string", "enum": unique}}),
    );
    set(
        out,
        &format!("{stem}Value"),
        json!({"name": "value", "in": "path", "required": true, "description": "Its value, percent-encoded.", "schema": {"type": "string", "minLength": 1}}),
    );
}

/// Adds the paths.
pub fn add(def: &ObjectDef, names: &Schemas, operations: &mut Names, paths: &mut Map<String, J>) {
    let changes = |route: &&Route| route.access == Access::Write && !route.operation.contains("hare");
    for route in RECORDS.iter().filter(|route| !(def.read_only && changes(route))) {
        let path = route.path.replace("{collection}", &def.plural);
        operation::add(route, &path, detail(route, def, names), operations, paths);
    }
}

fn own(names: &Schemas, name: &str) -> J {
    reference("parameters", &format!("{}{name}", names.record))
}

fn detail(route: &Route, def: &ObjectDef, names: &Schemas) -> Detail {
    let shared = |name: &str| reference("parameters", name);
    let one = |status: u16, about: &'static str| json_answer(status, about, names.part("Answer"));
    let mut detail = Detail {
        tag: def.service.clone(),
        id: operation_id(route.operation, def),
        summary: summary(route, def),
        description: if def.doc.is_empty() { String::new() } else { format!("{} {}", route.summary, def.doc) },
        collection: Some(def.plural.clone()),
        ..Detail::default()
    };
    if matches!(
        route.operation,
        "createRecord" | "replaceRecord" | "updateRecord" | "upsertRecord" | "deleteRecord" | "restoreRecord"
    ) {
        detail.refusals = super::rules::of_changes(&def.name);
    }
    let reads = || vec![own(names, "Fields"), own(names, "Expand")];
    let pages = || vec![shared("Limit"), shared("Cursor")];
    match route.operation {
        "listRecords" => {
            detail.parameters = vec![
                shared("Limit"),
                shared("Cursor"),
                shared("Offset"),
                shared("Count"),
                own(names, "Sort"),
                own(names, "Fields"),
                own(names, "Expand"),
                own(names, "Filter"),
                shared("Deleted"),
            ];
            if def.is_searched() {
                detail.parameters.push(shared("Text"));
            }
            detail.conditional = true;
            detail.answers = vec![json_answer(200, "A page of records.", names.part("List")).with(ETAG)];
        }
        "searchRecords" => {
            detail.body = json_body(names.part("Search")).map(may_be_empty);
            detail.answers = vec![json_answer(200, "A page of records.", names.part("List")).with(ETAG)];
        }
        "aggregateRecords" => {
            detail.body = json_body(reference("schemas", "Aggregate"));
            detail.answers = vec![json_answer(200, "A row for each group.", reference("schemas", "Groups"))];
        }
        "batchRecords" => {
            detail.parameters = vec![shared("AllowDuplicates")];
            detail.body = json_body(names.part("Batch"));
            let results = || reference("schemas", "Results");
            detail.answers = vec![
                json_answer(200, "All operations were carried out; a result for each, in order.", results()),
                json_answer(207, "Some were refused; a result for each, in order.", results()),
            ];
        }
        "createRecord" => {
            detail.parameters = vec![shared("AllowDuplicates")];
            detail.body = json_body(names.part("Create"));
            detail.answers = vec![one(201, "The new record.").with(MADE)];
        }
        "readRecord" => {
            detail.parameters = reads();
            detail.conditional = true;
            detail.answers = vec![one(200, "The record.").with(ETAG)];
        }
        "readRecordBy" => {
            detail.parameters = [vec![own(names, "By"), own(names, "Value")], reads()].concat();
            detail.conditional = true;
            detail.answers = vec![one(200, "The record.").with(ETAG)];
        }
        "upsertRecord" => {
            detail.parameters = vec![own(names, "By"), own(names, "Value"), shared("AllowDuplicates")];
            detail.body = json_body(names.part("Update"));
            detail.conditional = true;
            detail.answers = vec![
                one(200, "The record that was there, changed.").with(ETAG),
                one(201, "The new record.").with(MADE),
            ];
        }
        "replaceRecord" | "updateRecord" => {
            let replaces = route.operation == "replaceRecord";
            detail.parameters = vec![shared("AllowDuplicates")];
            let schema = names.part(if replaces { "Replace" } else { "Update" });
            let mut content = json!({"application/json": {"schema": schema}});
            if !replaces {
                set(&mut content, "application/merge-patch+json", json!({"schema": schema}));
            }
            detail.body = Some(json!({"required": true, "content": content}));
            detail.conditional = true;
            detail.answers = vec![one(200, "The record as it is now.").with(ETAG)];
        }
        "deleteRecord" | "purgeRecord" => {
            detail.conditional = route.operation == "deleteRecord";
            detail.body = (route.operation == "purgeRecord").then(optional_body);
            detail.answers = vec![json_answer(200, "It is gone.", reference("schemas", "Deleted"))];
        }
        "restoreRecord" => {
            detail.conditional = true;
            detail.body = Some(optional_body());
            detail.answers = vec![one(200, "The record, out of the bin.").with(ETAG)];
        }
        "recordHistory" | "recordTimeline" => {
            detail.parameters = pages();
            detail.conditional = true;
            detail.answers = vec![json_answer(200, "A page of entries.", reference("schemas", "History")).with(ETAG)];
        }
        "listRecordShares" => {
            detail.answers = vec![json_answer(200, "All shares of the record.", reference("schemas", "Shares"))];
        }
        "shareRecord" => {
            detail.body = json_body(reference("schemas", "ShareCreate"));
            detail.answers = vec![json_answer(201, "The share.", reference("schemas", "ShareAnswer")).with(PLACE)];
        }
        "unshareRecord" => {
            detail.answers = vec![json_answer(200, "It is taken back.", reference("schemas", "Deleted"))];
        }
        _ => {
            detail.answers = vec![Answer {
                status: 200,
                about: "Done.",
                content: vec![("application/json", json!({"type": "object"}))],
                headers: &[],
            }]
        }
    }
    detail
}

/// No body asks for everything.
fn may_be_empty(mut body: J) -> J {
    set(&mut body, "required", json!(false));
    body
}

/// Actions take an object, which may be left out when there is nothing to say.
fn optional_body() -> J {
    json!({"required": false, "content": {"application/json": {"schema": {"type": "object", "maxProperties": 0}}}})
}

fn operation_id(stem: &str, def: &ObjectDef) -> String {
    let (one, many) = (pascal(&def.name), pascal(&def.plural));
    match stem.strip_prefix("record") {
        Some(rest) => {
            let mut head = one;
            if let Some(first) = head.get(..1).map(str::to_lowercase) {
                head.replace_range(..1, &first);
            }
            format!("{head}{rest}")
        }
        None if stem.ends_with("Records") => stem.replace("Records", &many),
        None => stem.replace("Record", &one),
    }
}

fn summary(route: &Route, def: &ObjectDef) -> String {
    let (one, many) = (def.label.to_lowercase(), def.plural.replace('_', " "));
    match route.operation {
        "listRecords" => format!("List {many}"),
        "createRecord" => format!("Create a {one}"),
        "searchRecords" => format!("Search {many}"),
        "batchRecords" => format!("Change many {many}"),
        "aggregateRecords" => format!("Group and measure {many}"),
        "readRecordBy" => format!("Read a {one} by a unique field"),
        "upsertRecord" => format!("Create or change a {one} by a unique field"),
        "readRecord" => format!("Read a {one}"),
        "replaceRecord" => format!("Replace a {one}"),
        "updateRecord" => format!("Change a {one}"),
        "deleteRecord" => format!("Move a {one} to the bin"),
        "restoreRecord" => format!("Restore a {one}"),
        "purgeRecord" => format!("Remove a {one} for good"),
        "recordHistory" => format!("The history of a {one}"),
        "recordTimeline" => format!("The timeline of a {one}"),
        "listRecordShares" => format!("Whom a {one} is opened to"),
        "shareRecord" => format!("Open a {one} to a user or a team"),
        "unshareRecord" => format!("Take back a share of a {one}"),
        _ => format!("{} ({many})", route.summary.trim_end_matches('.')),
    }
}
