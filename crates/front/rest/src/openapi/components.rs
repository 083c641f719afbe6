//! What all operations share: parameters, headers, error answers, credentials.

use std::collections::BTreeMap;

use kontor_model::ErrorCode;
use serde_json::{Map, Value as J, json};

use super::{reference, set};

/// Statuses that no operation names; the answer to anything else stands for them.
const RARE: &[u16] = &[428, 502];

/// The name of the error answer with this status.
pub fn response_name(status: u16) -> &'static str {
    match status {
        400 => "BadRequest",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        406 => "NotAcceptable",
        409 => "Conflict",
        412 => "PreconditionFailed",
        413 => "TooLarge",
        414 => "UriTooLong",
        415 => "UnsupportedMediaType",
        422 => "Unprocessable",
        429 => "TooManyRequests",
        431 => "HeadersTooLarge",
        500 => "ServerError",
        503 => "Unavailable",
        504 => "GatewayTimeout",
        507 => "InsufficientStorage",
        _ => "Problem",
    }
}

/// The error answers of an operation.
pub fn errors(statuses: &[u16]) -> Map<String, J> {
    let mut out: Map<String, J> =
        statuses.iter().map(|s| (s.to_string(), reference("responses", response_name(*s)))).collect();
    out.insert("default".into(), reference("responses", "Problem"));
    out
}

fn codes(status: u16) -> Vec<ErrorCode> {
    ErrorCode::ALL.iter().copied().filter(|c| c.status() == status).collect()
}

/// Every error answer, by its name.
pub fn responses() -> Map<String, J> {
    let mut by_status: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
    for code in ErrorCode::ALL.iter().filter(|code| !RARE.contains(&code.status())) {
        by_status.entry(code.status()).or_insert_with(|| codes(code.status()));
    }
    let request_id = json!({"X-Request-Id": reference("headers", "XRequestId")});
    let mut out = Map::new();
    for (status, codes) in by_status {
        let numbers: Vec<u32> = codes.iter().map(|c| c.number()).collect();
        let lines: Vec<String> = codes.iter().map(|c| format!("{} {}", c.number(), c.title())).collect();
        let mut headers = request_id.clone();
        if codes.iter().any(|c| c.retryable()) {
            set(&mut headers, "Retry-After", reference("headers", "RetryAfter"));
        }
        match status {
            401 | 403 => set(&mut headers, "WWW-Authenticate", reference("headers", "WwwAuthenticate")),
            405 => set(&mut headers, "Allow", reference("headers", "Allow")),
            412 => set(&mut headers, "ETag", reference("headers", "ETag")),
            _ => {}
        }
        if status < 500 {
            set(&mut headers, "RateLimit", reference("headers", "RateLimit"));
            set(&mut headers, "RateLimit-Policy", reference("headers", "RateLimitPolicy"));
        }
        let narrowed =
            json!({"type": "object", "properties": {"status": {"const": status}, "error_code": {"enum": numbers}}});
        let schema = json!({"allOf": [reference("schemas", "Problem"), narrowed]});
        out.insert(response_name(status).into(), json!({"description": lines.join("; "), "headers": headers,
            "content": {"application/problem+json": {"schema": schema, "example": codes.first().map(|c| example(*c))}}}));
    }
    out.insert("Problem".into(), json!({"description": "Any other refusal or failure; the catalogue is at /docs/errors.", "headers": request_id,
        "content": {"application/problem+json": {"schema": reference("schemas", "Problem"), "example": example(ErrorCode::Unexpected)}}}));
    out
}

/// The answer of an operation that rules may refuse: each rule with an example.
pub fn refused(rules: &[(String, String)]) -> J {
    let one = |(rule, when): &(String, String)| {
        let mut value = example(ErrorCode::RuleRefused);
        set(&mut value, "detail", json!(format!("{rule}: {when}")));
        (rule.clone(), json!({"summary": when, "value": value}))
    };
    let examples: Map<String, J> = rules.iter().map(one).collect();
    let names: Vec<&str> = rules.iter().map(|(rule, _)| rule.as_str()).collect();
    let about = format!("Refused; the detail begins with the rule: {}.", names.join(", "));
    json!({"description": about, "headers": {"X-Request-Id": reference("headers", "XRequestId")},
        "content": {"application/problem+json": {"schema": reference("schemas", "Problem"), "examples": examples}}})
}

fn error_type(code: ErrorCode) -> J {
    serde_json::to_value(code.error_type()).unwrap_or_default()
}

fn example(code: ErrorCode) -> J {
    json!({"type": format!("/docs/errors#{}", code.number()), "title": code.title(), "status": code.status(), "error_code": code.number(),
        "error_type": error_type(code), "detail": code.advice(), "retry": {"retryable": code.retryable()}, "meta": {"request_id": "req_104512398120374272"}})
}

/// The schemas of errors and envelopes.
pub fn schemas() -> Map<String, J> {
    let numbers: Vec<u32> = ErrorCode::ALL.iter().map(|c| c.number()).collect();
    let currencies: Vec<String> = kontor_model::field::currencies().collect();
    let countries: Vec<&str> = kontor_model::field::countries().collect();
    let J::Object(map) = json!({
        "Id": {"type": "string", "pattern": "^[1-9][0-9]{0,18}$", "examples": ["104512398120374272"],
            "description": "Unique over all objects, ordered by time; beyond 2^53 and so a string."},
        "Currency": {"type": "string", "enum": currencies, "description": "An ISO 4217 code."},
        "Country": {"type": "string", "enum": countries, "description": "An ISO 3166-1 alpha-2 code."},
        "Meta": {"type": "object", "required": ["request_id"], "properties": {"request_id": {"type": "string"}}},
        "Page": {"type": "object", "required": ["limit", "has_more"], "properties": {
            "limit": {"type": "integer"},
            "offset": {"type": ["integer", "null"], "description": "Absent behind a cursor."},
            "has_more": {"type": "boolean"},
            "next_cursor": {"type": ["string", "null"], "description": "Send it as cursor for the next page."},
            "total": {"type": ["integer", "null"], "description": "Only with count=exact or count=estimate."},
            "total_is_minimum": {"type": "boolean", "description": "There are at least that many."}}},
        "ListMeta": {"type": "object", "required": ["request_id"], "properties": {
            "request_id": {"type": "string"}, "page": reference("schemas", "Page")}},
        "Fault": {"type": "object", "required": ["field", "code", "message"], "description": "What is wrong with one field or parameter.", "properties": {
            "field": {"type": "string"}, "code": {"type": "string"}, "error_code": {"type": "integer"}, "message": {"type": "string"},
            "value": {"type": "string", "description": "What was sent, cut to 200 characters."},
            "allowed": {"type": "array", "items": {"type": "string"}}, "existing_id": reference("schemas", "Id")}},
        "Problem": {"type": "object", "description": "RFC 9457. One fault answers with its own code; several at once with 400001.",
            "required": ["type", "title", "status", "error_code", "error_type", "detail", "retry", "meta"], "properties": {
            "type": {"type": "string", "description": "The code's place in the catalogue."},
            "title": {"type": "string"}, "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "error_code": {"type": "integer", "enum": numbers}, "error_type": {"type": "string", "enum": ["network", "protocol", "business", "system"]},
            "detail": {"type": "string"},
            "retry": {"type": "object", "required": ["retryable"], "properties": {
                "retryable": {"type": "boolean"}, "after_seconds": {"type": "integer"}}},
            "current_version": {"type": "integer", "description": "Of a record that has moved on."},
            "existing_ids": {"type": "array", "items": reference("schemas", "Id"), "description": "Records that stand in the way."},
            "errors": {"type": "array", "items": reference("schemas", "Fault")},
            "meta": reference("schemas", "Meta")}},
    }) else {
        return Map::new();
    };
    map
}

/// Parameters that many operations take, by their component's name.
pub fn parameters() -> J {
    json!({
        "Limit": query("limit", "Records of a page.", json!({"type": "integer", "minimum": 1, "maximum": 500, "default": 50})),
        "Cursor": query("cursor", "The next_cursor of the page before; not together with offset; empty is the first page.", json!({"type": "string"})),
        "Offset": query("offset", "Records to pass over; beyond 100,000 follow next_cursor.", json!({"type": "integer", "minimum": 0, "maximum": 100_000})),
        "Count": query("count", "Whether the number of all matches is wanted; an estimate is exact up to 10,000.",
            json!({"type": "string", "enum": ["none", "exact", "estimate"], "default": "none"})),
        "Text": query("q", "Full text: each word as a beginning, \"quoted words\" as a phrase; closest first unless sorted.", json!({"type": "string", "maxLength": 500})),
        "Deleted": query("deleted", "The bin instead of what is not in it.", json!({"type": "boolean", "default": false})),
        "AllowDuplicates": query("allow_duplicates", "Go on where a likely duplicate is found.", json!({"type": "boolean", "default": false})),
        "Custom": query("custom", "Only objects made in this space, or only standard ones.", json!({"type": "boolean"})),
        "Credential": query("credential", "The key or client; another's is for administrators.", reference("schemas", "Id")),
        "ApiVersion": query("version", "The version of the API.", json!({"type": "string", "enum": kontor_model::ApiVersion::ALL.iter().map(|v| v.name()).collect::<Vec<_>>()})),
        "Method": query("method", "The method.", json!({"type": "string", "enum": ["GET", "POST", "PUT", "PATCH", "DELETE"]})),
        "Route": query("route", "The template of the path, as /v1/{collection}/{id}.", json!({"type": "string", "minLength": 1})),
        "Status": query("status", "The status.", json!({"type": "integer", "minimum": 100, "maximum": 599})),
        "ErrorCode": query("error_code", "The code of a refusal.", json!({"type": "integer"})),
        "ErrorType": query("error_type", "The side that a refusal lay on.", json!({"type": "string", "enum": ["network", "protocol", "business", "system"]})),
        "RequestId": query("request_id", "The request's id.", json!({"type": "string", "minLength": 1})),
        "Since": query("since", "From this moment on.", json!({"type": "string", "format": "date-time"})),
        "Until": query("until", "Before this moment.", json!({"type": "string", "format": "date-time"})),
        "Id": {"name": "id", "in": "path", "required": true, "schema": reference("schemas", "Id"), "description": "The record's id."},
        "Share": {"name": "share", "in": "path", "required": true, "schema": reference("schemas", "Id"), "description": "The share's id."},
        "Object": path("object", "An object's name, singular or plural.", "contact"),
        "Field": path("field", "A field's name.", "email"),
        "Page": path("page", "What the link is to, such as quotes, forms or unsubscribe.", "quotes"),
        "Token": path("token", "The secret of the link.", "x7Qm2v"),
        "File": path("file", "A file of the Swagger UI.", "index.html"),
        "IfMatch": header("If-Match", "The ETag of the record as it was read; 412 when it has moved on.", "\"7\""),
        "IfNoneMatch": header("If-None-Match", "An ETag; 304 when it still holds.", "\"7\""),
        "IdempotencyKey": {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            "description": "Kept 24 h per caller: the same request again gets the first answer, another one 422001."},
    })
}

fn query(name: &str, about: &str, schema: J) -> J {
    json!({"name": name, "in": "query", "description": about, "schema": schema})
}

fn path(name: &str, about: &str, example: &str) -> J {
    json!({"name": name, "in": "path", "required": true, "description": about, "schema": {"type": "string"}, "example": example})
}

/// `*`, or entity tags (RFC 9110, 8.8.3).
const TAGS: &str = "^(\\*|(W/)?\"[!#-~]*\"( *, *(W/)?\"[!#-~]*\")*)$";

fn header(name: &str, about: &str, example: &str) -> J {
    json!({"name": name, "in": "header", "description": about, "schema": {"type": "string", "minLength": 1, "pattern": TAGS}, "example": example})
}

/// Headers of answers.
pub fn headers() -> J {
    let text =
        |about: &str, example: &str| json!({"description": about, "schema": {"type": "string"}, "example": example});
    json!({
        "ETag": text("The record's version; weak for lists.", "\"7\""),
        "Location": text("Where what was made can be read.", "/v1/contacts/104512398120374272"),
        "XRequestId": text("Finds the request in the log; an X-Request-Id that was sent comes back.", "req_104512398120374272"),
        "IdempotentReplayed": text("true when this is the first answer to the Idempotency-Key again.", "true"),
        "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer"}, "example": 2},
        "WwwAuthenticate": text("What the credential lacks (RFC 6750).", "Bearer error=\"insufficient_scope\""),
        "Allow": text("The methods that this path has.", "GET, HEAD, POST"),
        "RateLimit": text("What is left (r) of each limit, and in how many seconds (t) it is full again.", "\"key\";r=99;t=1, \"day\";r=49999;t=3600"),
        "RateLimitPolicy": text("The limits that apply: a quota (q) in so many seconds (w). Absent where limits are off.", "\"key\";q=100;w=10, \"day\";q=50000;w=86400"),
    })
}

/// Ways to say who asks.
pub fn security_schemes() -> J {
    json!({
        "bearer": {"type": "http", "scheme": "bearer", "description": "An API key (ak_…) or an access token."},
        "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "The same, for clients that cannot set Authorization."},
        "session": {"type": "apiKey", "in": "cookie", "name": kontor_http::SESSION_COOKIE, "description": "What signing in sets, for our own pages: a change needs Origin or Sec-Fetch-Site."},
    })
}
