//! An [`Error`] as `application/problem+json` (RFC 9457, api.md 7).

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, ETAG, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Response, StatusCode};
use kontor_model::show::{write_int, write_string};
use kontor_model::{ApiVersion, Error, ErrorCode, ErrorType, Fault, Id};

/// The media type of every error answer.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// network, protocol, business or system.
pub const fn kind(of: ErrorType) -> &'static str {
    match of {
        ErrorType::Network => "network",
        ErrorType::Protocol => "protocol",
        ErrorType::Business => "business",
        ErrorType::System => "system",
    }
}

/// The whole answer. What only the log may hold goes to the log here, with the request's id.
pub fn problem(error: &Error, request_id: &str) -> Response<Body> {
    problem_in(error, request_id, ApiVersion::V1)
}

/// As [`problem`], naming the paths of a version of the API.
pub fn problem_in(error: &Error, request_id: &str, version: ApiVersion) -> Response<Body> {
    log(error, request_id);
    let code = error.code();
    let mut out = Vec::with_capacity(512);
    out.push(b'{');
    write_members_in(error, true, version, &mut out);
    out.extend_from_slice(b",\"meta\":{\"request_id\":");
    write_string(request_id, &mut out);
    out.extend_from_slice(b"}}");
    let mut response = Response::new(Body::from(out));
    *response.status_mut() = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    if let Some(seconds) = error.retry_after() {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(allow) = error.allow().and_then(|allow| HeaderValue::from_str(allow).ok()) {
        headers.insert(ALLOW, allow);
    }
    if let Some(version) = error.version()
        && let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\""))
    {
        headers.insert(ETAG, tag);
    }
    match code {
        ErrorCode::NoCredential => drop(headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
        ErrorCode::BadCredential | ErrorCode::ExpiredCredential => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
        }
        ErrorCode::ScopeMissing => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"insufficient_scope\""));
        }
        _ => {}
    }
    response
}

fn log(error: &Error, request_id: &str) {
    let code = error.code();
    if let Some(internal) = error.internal_text() {
        if code.status() >= 500 {
            tracing::error!(request_id, error_code = code.number(), internal, "a request failed");
        } else {
            tracing::debug!(request_id, error_code = code.number(), internal, "a request was refused");
        }
    }
}

/// The members of a problem without braces: `"title":…,"status":…,"error_code":…, …`, with `type` when it is a whole
/// answer. Results of a batch are written by the same hand.
pub fn write_members(error: &Error, whole: bool, out: &mut Vec<u8>) {
    write_members_in(error, whole, ApiVersion::V1, out);
}

fn write_members_in(error: &Error, whole: bool, version: ApiVersion, out: &mut Vec<u8>) {
    let code = error.code();
    if whole {
        out.extend_from_slice(b"\"type\":\"/docs/errors#");
        write_int(i64::from(code.number()), out);
        out.extend_from_slice(b"\",");
    }
    text("title", code.title(), out);
    number("status", i64::from(code.status()), out);
    number("error_code", i64::from(code.number()), out);
    out.push(b',');
    text("error_type", kind(code.error_type()), out);
    out.push(b',');
    text("detail", &version.sentence(error.detail()), out);
    out.extend_from_slice(b",\"retry\":{\"retryable\":");
    out.extend_from_slice(if code.retryable() { b"true" } else { b"false" });
    if let Some(seconds) = error.retry_after() {
        number("after_seconds", i64::from(seconds), out);
    }
    out.push(b'}');
    if let Some(version) = error.version() {
        number("current_version", version, out);
    }
    if !error.ids().is_empty() {
        ids("existing_ids", error.ids(), out);
    }
    if !error.faults().is_empty() {
        out.extend_from_slice(b",\"errors\":[");
        for (i, fault) in error.faults().iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            write_fault(fault, version, out);
        }
        out.push(b']');
    }
}

fn write_fault(fault: &Fault, version: ApiVersion, out: &mut Vec<u8>) {
    out.push(b'{');
    text("field", &fault.field, out);
    out.push(b',');
    text("code", fault.code, out);
    number("error_code", i64::from(fault.error_code.number()), out);
    out.push(b',');
    text("message", &version.sentence(&fault.message), out);
    if let Some(value) = &fault.value {
        out.push(b',');
        text("value", value, out);
    }
    if !fault.allowed.is_empty() {
        out.extend_from_slice(b",\"allowed\":[");
        for (i, allowed) in fault.allowed.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            write_string(allowed, out);
        }
        out.push(b']');
    }
    if let Some(id) = fault.existing {
        out.extend_from_slice(b",\"existing_id\":\"");
        write_int(id.0, out);
        out.push(b'"');
    }
    out.push(b'}');
}

fn text(name: &str, value: &str, out: &mut Vec<u8>) {
    write_string(name, out);
    out.push(b':');
    write_string(value, out);
}

/// With a comma before it.
fn number(name: &str, value: i64, out: &mut Vec<u8>) {
    out.push(b',');
    write_string(name, out);
    out.push(b':');
    write_int(value, out);
}

fn ids(name: &str, ids: &[Id], out: &mut Vec<u8>) {
    out.push(b',');
    write_string(name, out);
    out.extend_from_slice(b":[");
    for (i, id) in ids.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        out.push(b'"');
        write_int(id.0, out);
        out.push(b'"');
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use serde_json::{Value, json};

    async fn rendered(error: Error) -> (Response<()>, Value) {
        let (parts, body) = problem(&error, "r-1").into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (Response::from_parts(parts, ()), serde_json::from_slice(&bytes).unwrap())
    }

    #[tokio::test]
    async fn one_fault_is_the_example_of_the_contract() {
        let fault = Fault::coded("mobile", ErrorCode::BadMobile, "must be 11 digits").value("0912-345-678");
        let (head, body) = rendered(Error::from(fault)).await;
        assert_eq!(
            (head.status().as_u16(), &head.headers()[CONTENT_TYPE]),
            (400, &HeaderValue::from_static(PROBLEM_JSON))
        );
        assert_eq!(
            body,
            json!({"type": "/docs/errors#400100", "title": "Incorrect mobile number", "status": 400, "error_code": 400_100,
                "error_type": "protocol", "detail": "mobile must be 11 digits", "retry": {"retryable": false},
                "errors": [{"field": "mobile", "code": "format", "error_code": 400_100, "message": "must be 11 digits", "value": "0912-345-678"}],
                "meta": {"request_id": "r-1"}})
        );
    }

    #[tokio::test]
    async fn headers_say_what_to_do() {
        let (head, body) = rendered(Error::new(ErrorCode::DatabaseTimeout, "slow")).await;
        assert_eq!(head.headers()[RETRY_AFTER], "2");
        assert_eq!(body["retry"], json!({"retryable": true, "after_seconds": 2}));
        let (head, _) = rendered(Error::new(ErrorCode::MethodNotAllowed, "no").with_allow("GET, HEAD")).await;
        assert_eq!(head.headers()[ALLOW], "GET, HEAD");
        let (head, _) = rendered(Error::new(ErrorCode::NoCredential, "no")).await;
        assert_eq!(head.headers()[WWW_AUTHENTICATE], "Bearer");
        let (head, body) = rendered(Error::new(ErrorCode::VersionMoved, "no").with_version(8).with_ids([Id(7)])).await;
        assert_eq!((&head.headers()[ETAG], &body["current_version"]), (&HeaderValue::from_static("\"8\""), &json!(8)));
        assert_eq!(body["existing_ids"], json!(["7"]));
    }

    #[tokio::test]
    async fn remedies_name_the_paths_of_the_version() {
        let fault = Fault::new("fields", "not_allowed", "are changed at /v1/metadata").value("/v1/x");
        let (_, body) = problem_in(&Error::from(fault), "r-1", ApiVersion::V2).into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(body["detail"], "fields are changed at /v2/metadata");
        assert_eq!(
            (&body["errors"][0]["message"], &body["errors"][0]["value"]),
            (&json!("are changed at /v2/metadata"), &json!("/v1/x"))
        );
    }

    #[tokio::test]
    async fn nothing_internal_is_shown() {
        let (_, body) = rendered(Error::internal("password=\"hunter2\"")).await;
        assert!(!body.to_string().contains("hunter2"));
    }
}
