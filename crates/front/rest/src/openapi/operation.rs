//! One operation: what a row of the table of routes says, and what its body and answers are.

use serde_json::{Map, Value as J, json};

use super::names::Names;
use super::{components, reference, set};
use crate::routes::{Access, Gives, Route};

/// What the table of routes does not say.
#[derive(Debug, Default)]
pub struct Detail {
    pub tag: String,
    /// The operation's id before it is made unique.
    pub id: String,
    pub summary: String,
    pub description: String,
    /// Besides those in the path, and the headers that go with the method.
    pub parameters: Vec<J>,
    pub body: Option<J>,
    /// (status, what it means, schema, whether it has an ETag, whether it has a Location)
    pub answers: Vec<Answer>,
    /// Whether it honours If-Match or If-None-Match.
    pub conditional: bool,
    /// The plural whose own scopes open it.
    pub collection: Option<String>,
    /// Rules that may refuse it, with when each does.
    pub refusals: Vec<(String, String)>,
}

/// One good answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub about: &'static str,
    /// Media type → schema.
    pub content: Vec<(&'static str, J)>,
    pub headers: &'static [(&'static str, &'static str)],
}

/// An answer of JSON.
pub fn json_answer(status: u16, about: &'static str, schema: J) -> Answer {
    Answer { status, about, content: vec![("application/json", schema)], headers: &[] }
}

impl Answer {
    pub fn with(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.headers = headers;
        self
    }
}

/// The header of single records.
pub const ETAG: &[(&str, &str)] = &[("ETag", "ETag")];
/// Of what was made.
pub const MADE: &[(&str, &str)] = &[("ETag", "ETag"), ("Location", "Location")];
/// Of accepted work.
pub const PLACE: &[(&str, &str)] = &[("Location", "Location")];

/// Adds the operation to the document's paths.
pub fn add(route: &Route, path: &str, detail: Detail, operations: &mut Names, paths: &mut Map<String, J>) {
    let writes = matches!(route.method, "POST" | "PUT" | "PATCH" | "DELETE");
    let mut parameters = path_parameters(path);
    parameters.extend(detail.parameters);
    if detail.conditional {
        parameters.push(reference("parameters", if writes { "IfMatch" } else { "IfNoneMatch" }));
    }
    // Answers are kept for callers, and an open route has none.
    let kept = writes && route.access != Access::Open;
    if kept {
        parameters.push(reference("parameters", "IdempotencyKey"));
    }
    let mut responses = components::errors(&statuses(route, detail.body.is_some()));
    if !detail.refusals.is_empty() {
        responses.insert("422".into(), components::refused(&detail.refusals));
    }
    for answer in detail.answers {
        let mut headers = Map::new();
        headers.insert("X-Request-Id".into(), reference("headers", "XRequestId"));
        headers.insert("RateLimit".into(), reference("headers", "RateLimit"));
        headers.insert("RateLimit-Policy".into(), reference("headers", "RateLimitPolicy"));
        for (name, component) in answer.headers {
            headers.insert((*name).into(), reference("headers", component));
        }
        if kept {
            headers.insert("Idempotent-Replayed".into(), reference("headers", "IdempotentReplayed"));
        }
        let mut response = json!({"description": answer.about, "headers": headers});
        if !answer.content.is_empty() {
            let content =
                answer.content.into_iter().map(|(media, schema)| (media.to_owned(), json!({"schema": schema})));
            set(&mut response, "content", J::Object(content.collect()));
        }
        responses.insert(answer.status.to_string(), response);
    }
    if detail.conditional && !writes {
        responses.insert("304".into(), json!({"description": "What If-None-Match names still holds."}));
    }
    let id = operations.claim(&detail.id);
    let mut operation = json!({
        "operationId": id, "tags": [detail.tag], "summary": detail.summary,
        "description": if detail.description.is_empty() { detail.summary } else { detail.description },
        "responses": responses, "x-visibility": route.mark.name(),
    });
    if !parameters.is_empty() {
        set(&mut operation, "parameters", json!(parameters));
    }
    if let Some(body) = detail.body {
        set(&mut operation, "requestBody", body);
    }
    match route.access {
        Access::Open => set(&mut operation, "security", json!([])),
        access => set(&mut operation, "x-scopes", json!(scopes(access, detail.collection.as_deref()))),
    }
    if let Some(item) = paths.entry(path).or_insert_with(|| json!({})).as_object_mut() {
        item.insert(route.method.to_lowercase(), operation);
    }
}

/// A body of JSON.
pub fn json_body(schema: J) -> Option<J> {
    Some(json!({"required": true, "content": {"application/json": {"schema": schema}}}))
}

fn path_parameters(path: &str) -> Vec<J> {
    let named = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    named
        .filter_map(|name| match name {
            "id" => Some(reference("parameters", "Id")),
            "object" => Some(reference("parameters", "Object")),
            "share" => Some(reference("parameters", "Share")),
            "file" => Some(reference("parameters", "File")),
            "page" => Some(reference("parameters", "Page")),
            "token" => Some(reference("parameters", "Token")),
            "field" if path.starts_with("/v1/metadata/") => Some(reference("parameters", "Field")),
            _ => None,
        })
        .collect()
}

/// Any one of these opens the operation; `admin` opens all.
fn scopes(access: Access, collection: Option<&str>) -> Vec<String> {
    let own = |verb: &str| collection.map(|c| format!("{c}:{verb}"));
    match access {
        Access::Open | Access::Signed => Vec::new(),
        Access::Read => {
            own("read").into_iter().chain(own("write")).chain(["crm:read".into(), "crm:write".into()]).collect()
        }
        Access::Write => own("write").into_iter().chain(["crm:write".into()]).collect(),
        Access::Metadata => vec!["metadata:write".into()],
        Access::Audit => vec!["audit:read".into(), "admin".into()],
        Access::Scim => vec!["scim".into(), "admin".into()],
        Access::Admin => vec!["admin".into()],
    }
}

fn statuses(route: &Route, body: bool) -> Vec<u16> {
    let mut out = vec![400, 404, 405, 414, 429, 431, 500, 503, 504];
    if route.access != Access::Open || route.path.starts_with("/v1/auth/") {
        out.extend([401, 403]);
    }
    if route.gives == Gives::Json {
        out.push(406);
    }
    if body {
        out.extend([413, 415]);
    }
    if matches!(route.method, "POST" | "PUT" | "PATCH" | "DELETE") {
        out.extend([409, 412, 422, 507]);
    }
    out
}
