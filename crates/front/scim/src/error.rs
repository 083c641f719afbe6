//! Refusals as RFC 7644, 3.12 has them.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use kontor_http::Refusal;
use kontor_model::{Error, ErrorCode};
use serde_json::json;

/// The media type of requests and answers.
pub const SCIM_JSON: &str = "application/scim+json";
const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// The words of RFC 7644, table 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    InvalidFilter,
    TooMany,
    Uniqueness,
    Mutability,
    InvalidSyntax,
    InvalidPath,
    NoTarget,
    InvalidValue,
}

impl Kind {
    pub const fn word(self) -> &'static str {
        match self {
            Kind::InvalidFilter => "invalidFilter",
            Kind::TooMany => "tooMany",
            Kind::Uniqueness => "uniqueness",
            Kind::Mutability => "mutability",
            Kind::InvalidSyntax => "invalidSyntax",
            Kind::InvalidPath => "invalidPath",
            Kind::NoTarget => "noTarget",
            Kind::InvalidValue => "invalidValue",
        }
    }
}

/// Why a request is refused.
#[derive(Debug)]
pub enum Refused {
    /// A fault of the request: status, kind where RFC 7644 names one, what is wrong.
    Scim(u16, Option<Kind>, String),
    /// A failure of this side, which the door writes and logs.
    Failed(Error),
}

/// 400 with its kind.
pub fn refused(kind: Kind, detail: impl Into<String>) -> Refused {
    let status = if kind == Kind::Uniqueness { 409 } else { 400 };
    Refused::Scim(status, Some(kind), detail.into())
}

/// 404.
pub fn absent() -> Refused {
    Refused::Scim(404, None, "there is no such resource".to_owned())
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        let code = error.code();
        let kind = match code {
            ErrorCode::NotUnique | ErrorCode::LikelyDuplicate | ErrorCode::DuplicateName => Some(Kind::Uniqueness),
            ErrorCode::Malformed => Some(Kind::InvalidSyntax),
            ErrorCode::BadQuery => Some(Kind::InvalidFilter),
            _ if code.status() == 400 => Some(Kind::InvalidValue),
            _ => None,
        };
        match code.status() {
            500.. | 429 | 401 => Refused::Failed(error),
            // A rule of the space stands against it, such as that of the last owner.
            422 => Refused::Scim(409, None, error.detail().to_owned()),
            status => Refused::Scim(status, kind, error.detail().to_owned()),
        }
    }
}

/// An answer of this type; `tag` is the resource's version.
pub fn answer(status: StatusCode, body: &serde_json::Value, tag: Option<&str>) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(SCIM_JSON));
    if let Some(tag) = tag.and_then(|tag| HeaderValue::from_str(tag).ok()) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response<Body> {
        match self {
            Refused::Failed(error) => Refusal(error).into_response(),
            Refused::Scim(status, kind, detail) => {
                let mut body = json!({"schemas": [SCHEMA], "status": status.to_string(), "detail": detail});
                if let (Some(kind), Some(members)) = (kind, body.as_object_mut()) {
                    members.insert("scimType".to_owned(), json!(kind.word()));
                }
                answer(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), &body, None)
            }
        }
    }
}
