//! What is asked about records: every verb of every object, and every place where a request names one.

use serde_json::{Value, json};

use super::probe::{Body, Probe};
use super::world::World;

type Route = (&'static str, &'static str);

const LIST: Route = ("GET", "/v1/{collection}");
const CREATE: Route = ("POST", "/v1/{collection}");
const SEARCH: Route = ("POST", "/v1/{collection}/search");
const BATCH: Route = ("POST", "/v1/{collection}/batch");
const AGGREGATE: Route = ("POST", "/v1/{collection}/aggregate");
const READ_BY: Route = ("GET", "/v1/{collection}/by/{field}/{value}");
const UPSERT: Route = ("PUT", "/v1/{collection}/by/{field}/{value}");
const READ: Route = ("GET", "/v1/{collection}/{id}");
const REPLACE: Route = ("PUT", "/v1/{collection}/{id}");
const UPDATE: Route = ("PATCH", "/v1/{collection}/{id}");
const DELETE: Route = ("DELETE", "/v1/{collection}/{id}");
const RESTORE: Route = ("POST", "/v1/{collection}/{id}/restore");
const PURGE: Route = ("POST", "/v1/{collection}/{id}/purge");
const HISTORY: Route = ("GET", "/v1/{collection}/{id}/history");
const TIMELINE: Route = ("GET", "/v1/{collection}/{id}/timeline");
const SHARES: Route = ("GET", "/v1/{collection}/{id}/shares");
const SHARE: Route = ("POST", "/v1/{collection}/{id}/shares");
const UNSHARE: Route = ("DELETE", "/v1/{collection}/{id}/shares/{share}");
const ACTION: Route = ("POST", "/v1/{collection}/{id}/{action}");
const VIEW: Route = ("GET", "/v1/{collection}/{id}/{action}");
const COMPOSITE: Route = ("POST", "/v1/composite");
const IMPORT: Route = ("POST", "/v1/imports");
const EXPORT: Route = ("POST", "/v1/exports");

/// The hole of a record of an object; of any, a contact.
fn hole(object: Option<&str>) -> String {
    format!("{{{{{}}}}}", object.unwrap_or("contact"))
}

/// What one object is asked. `own` is the asking space, with a record of its own to change.
pub async fn of_object(own: &World, object: &str) -> Vec<Probe> {
    let path = own.examples.path(object);
    let id = hole(Some(object));
    let mine = own.of(object);
    let mut all = by_id(&path, &id);
    all.extend(actions(own, object, &path, &id, mine));
    let key = format!("{{{{{object}.ext}}}}");
    all.extend(questions(&path, &id, &key));
    all.extend(changes(object, &path, &id, &key, mine));
    let references = own.references(object).await;
    let body = own.examples.body(&own.caller.api, object).await;
    for (field, target) in &references {
        all.extend(reference(object, &path, mine, &body, field, &hole(target.as_deref())));
    }
    all
}

/// What can be done to a record: to the other space's, and to an own one with what the other space has.
fn actions(own: &World, object: &str, path: &str, id: &str, mine: &str) -> Vec<Probe> {
    let known = |what| own.examples.doing(what).find(|(name, _)| *name == object).map(|(_, names)| names);
    let mut all: Vec<Probe> =
        known("views").unwrap_or_default().iter().map(|view| Probe::new(VIEW, format!("{path}/{id}/{view}"))).collect();
    // What only the system writes has no example; there any other id is as foreign.
    let target = |field: &Value| {
        let object = field["object"].as_str().filter(|object| own.names.contains_key(*object));
        object.unwrap_or("contact").to_owned()
    };
    for action in known("actions").unwrap_or_default() {
        let inputs = own.examples.inputs(object, "actions", &action);
        let value = |field: &Value| match field["type"].as_str() {
            Some("reference") => json!(own.of(&target(field))),
            _ => own.examples.value(field, 1),
        };
        let required = inputs.iter().filter(|(_, field)| field["required"] == true);
        let body: serde_json::Map<String, Value> = required.map(|(name, field)| (name.clone(), value(field))).collect();
        all.push(Probe::new(ACTION, format!("{path}/{id}/{action}")).json(&json!(body)));
        all.push(Probe::new(ACTION, format!("{path}/{id}/{action}")).json(&json!(body)).header("if-match", "\"1\""));
        for (name, field) in inputs.iter().filter(|(_, field)| field["type"] == "reference") {
            let mut body = body.clone();
            body.insert(name.clone(), json!(hole(Some(&target(field)))));
            all.push(Probe::new(ACTION, format!("{path}/{mine}/{action}")).json(&json!(body)));
        }
    }
    all
}

fn by_id(path: &str, id: &str) -> Vec<Probe> {
    let at = format!("{path}/{id}");
    vec![
        Probe::new(READ, &at),
        Probe::new(READ, format!("{at}?fields=id,version")),
        Probe::new(READ, &at).header("if-none-match", "\"1\""),
        Probe::new(HISTORY, format!("{at}/history")),
        Probe::new(TIMELINE, format!("{at}/timeline")),
        Probe::new(SHARES, format!("{at}/shares")),
        Probe::new(SHARE, format!("{at}/shares")).json(&json!({"user_id": "{{user}}"})),
        Probe::new(UNSHARE, format!("{at}/shares/{{{{share}}}}")),
        Probe::new(REPLACE, &at).json(&json!({})),
        Probe::new(REPLACE, &at).json(&json!({})).header("if-match", "\"1\""),
        Probe::new(UPDATE, &at).json(&json!({"external_id": "{{fresh}}"})),
        Probe::new(UPDATE, &at).json(&json!({"external_id": "{{fresh}}"})).header("if-match", "\"9\""),
        Probe::new(RESTORE, format!("{at}/restore")).json(&json!({})),
        Probe::new(PURGE, format!("{at}/purge")).json(&json!({})),
        Probe::new(DELETE, &at).header("if-match", "\"1\""),
        Probe::new(DELETE, &at),
    ]
}

fn questions(path: &str, id: &str, key: &str) -> Vec<Probe> {
    let count = json!([{"fn": "count", "as": "n"}]);
    let filters = [
        json!({"field": "id", "op": "eq", "value": id}),
        json!({"field": "id", "op": "in", "value": [id, id]}),
        json!({"field": "external_id", "value": key}),
    ];
    let mut all = vec![
        Probe::new(LIST, format!("{path}?filter[id]={id}&count=exact")),
        Probe::new(LIST, format!("{path}?filter[id][in]={id},{id}")),
        Probe::new(LIST, format!("{path}?filter[external_id]={key}&count=exact")),
        Probe::new(READ_BY, format!("{path}/by/external_id/{key}")),
    ];
    for filter in filters {
        let asked = json!({"filter": filter, "count": "exact"});
        all.push(Probe::new(SEARCH, format!("{path}/search")).json(&asked));
        let asked = json!({"filter": filter, "measures": count});
        all.push(Probe::new(AGGREGATE, format!("{path}/aggregate")).json(&asked));
    }
    all
}

fn changes(object: &str, path: &str, id: &str, key: &str, mine: &str) -> Vec<Probe> {
    let operations = json!([
        {"op": "update", "id": id, "data": {"external_id": "{{fresh}}"}},
        {"op": "update", "id": id, "if_match": 1, "data": {}},
        {"op": "delete", "id": id},
        {"op": "upsert", "by": "external_id", "value": key, "data": {"version": 1}},
    ]);
    let single = json!([{"op": "update", "object": object, "id": id, "data": {"external_id": "{{fresh}}"}}]);
    let behind = json!([
        {"ref": "mine", "op": "update", "object": object, "id": mine, "data": {"external_id": "{{fresh}}"}},
        {"op": "delete", "object": object, "id": id},
    ]);
    let upsert = json!([{"op": "upsert", "object": object, "by": "external_id", "value": key, "data": {"version": 1}}]);
    vec![
        Probe::new(BATCH, format!("{path}/batch")).json(&json!({"atomic": false, "operations": operations})),
        Probe::new(BATCH, format!("{path}/batch")).json(&json!({"atomic": true, "operations": operations})),
        Probe::new(COMPOSITE, "/v1/composite").json(&json!({"operations": single})),
        Probe::new(COMPOSITE, "/v1/composite").json(&json!({"operations": behind})),
        Probe::new(COMPOSITE, "/v1/composite").json(&json!({"operations": upsert})),
        // A member that no caller sets: the upsert is refused, as one that makes a record as much as one that finds it.
        Probe::new(UPSERT, format!("{path}/by/external_id/{key}")).json(&json!({"version": 1})),
        Probe {
            body: Body::Import(
                json!({"object": object, "format": "csv", "key": "external_id", "dry_run": true}).to_string(),
                format!("external_id\n{key}\n"),
            ),
            ..Probe::new(IMPORT, "/v1/imports")
        },
        Probe::new(EXPORT, "/v1/exports")
            .json(&json!({"object": object, "format": "ndjson", "filter": {"field": "id", "value": id}})),
    ]
}

/// A record of the other space where a field refers to one.
fn reference(object: &str, path: &str, mine: &str, body: &Value, field: &str, id: &str) -> Vec<Probe> {
    let mut made = body.clone();
    made[field] = json!(id);
    made["external_id"] = json!("{{fresh}}");
    let change = json!({field: id});
    let relation = field.trim_end_matches("_id");
    vec![
        Probe::new(CREATE, format!("{path}?allow_duplicates=true")).json(&made),
        Probe::new(UPDATE, format!("{path}/{mine}")).json(&change),
        Probe::new(BATCH, format!("{path}/batch"))
            .json(&json!({"operations": [{"op": "update", "id": mine, "data": change}]})),
        Probe::new(COMPOSITE, "/v1/composite")
            .json(&json!({"operations": [{"op": "update", "object": object, "id": mine, "data": change}]})),
        Probe::new(LIST, format!("{path}?filter[{field}]={id}&count=exact&expand={relation}")),
        Probe::new(LIST, format!("{path}?filter[{relation}.id]={id}&count=exact")),
        Probe::new(SEARCH, format!("{path}/search"))
            .json(&json!({"filter": {"not": {"field": field, "op": "ne", "value": id}}, "count": "exact"})),
        Probe::new(AGGREGATE, format!("{path}/aggregate")).json(
            &json!({"filter": {"field": field, "value": id}, "group_by": [field], "measures": [{"fn": "count", "as": "n"}]}),
        ),
    ]
}

/// The other space's own objects and fields are unknown words here.
pub fn of_custom(own: &World) -> Vec<Probe> {
    let path = "/v1/{{owns}}";
    let mut all = by_id(path, "{{own.id}}");
    all.extend(questions(path, "{{own.id}}", "{{own.ext}}"));
    all.extend(changes("{{own}}", path, "{{own.id}}", "{{own.ext}}", own.of("own.id")));
    let field = "custom.{{field}}";
    let mine = own.of("contact");
    all.extend([
        Probe::new(READ_BY, "/v1/{{owns}}/by/plate/{{own.plate}}"),
        Probe::new(UPSERT, "/v1/{{owns}}/by/plate/{{own.plate}}").json(&json!({"plate": "{{own.plate}}"})),
        Probe::new(CREATE, path).json(&json!({"plate": "{{own.plate}}"})),
        Probe::new(LIST, format!("/v1/contacts?filter[{field}]=x")),
        Probe::new(LIST, format!("/v1/contacts?sort={field}")),
        Probe::new(LIST, format!("/v1/contacts?fields={field}")),
        Probe::new(UPDATE, format!("/v1/contacts/{mine}")).json(&json!({"custom": {"{{field}}": "x"}})),
        Probe::new(AGGREGATE, "/v1/contacts/aggregate")
            .json(&json!({"group_by": [field], "measures": [{"fn": "count", "as": "n"}]})),
    ]);
    all
}
