//! `GET /v1/request_logs` (api.md 9): finished requests of the last days, newest first. A caller sees the lines of its
//! own credential, an administrator those of every one in the space: who still calls which version, and what fails.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use kontor_http::{envelope, reply};
use kontor_model::time::{datetime_text, millis, parse_datetime};
use kontor_model::{ApiVersion, Error, ErrorCode, Id, Json, Kind, Op, Result, Value, id};
use kontor_records::{Access, Ctx};
use kontor_store::system::REQUEST_LOG;
use kontor_store::{Cond, Expr, Select};
use serde_json::{Value as J, json};

use crate::params::Params;
use crate::{Api, Call};

const PARAMS: &[&str] = &[
    "limit",
    "cursor",
    "credential",
    "version",
    "method",
    "route",
    "status",
    "error_code",
    "error_type",
    "request_id",
    "since",
    "until",
];

const COLUMNS: &[(&str, Kind)] = &[
    ("id", Kind::Int),
    ("at", Kind::Int),
    ("request_id", Kind::Text),
    ("credential", Kind::Int),
    ("user_id", Kind::Int),
    ("impersonator_id", Kind::Int),
    ("version", Kind::Text),
    ("method", Kind::Text),
    ("route", Kind::Text),
    ("status", Kind::Int),
    ("error_code", Kind::Int),
    ("error_type", Kind::Text),
    ("duration_us", Kind::Int),
    ("db_us", Kind::Int),
    ("retry_count", Kind::Int),
    ("downstream", Kind::Text),
    ("request_body", Kind::Text),
    ("response_body", Kind::Text),
];

fn test(name: &str, kind: Kind, op: Op, right: impl Into<Value>) -> Cond {
    Cond::Test { left: Expr::column(name, kind), op, right: right.into() }
}

fn bad(name: &str, what: &str) -> Error {
    Error::new(ErrorCode::BadQuery, format!("{name} must be {what}"))
}

/// # Errors
/// 400003 for a filter, 400004, 400005; 403000 for another credential's lines; the database's.
pub async fn list(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let ctx = api.ctx(&call).await?;
    let params = call.params(PARAMS)?;
    let limit = params.page_limit()?;
    let columns: Vec<Expr> = COLUMNS.iter().map(|(name, kind)| Expr::column(name, *kind)).collect();
    let mut select = Select::new(ctx.space(), REQUEST_LOG, columns)
        .order(Expr::column("id", Kind::Int), true)
        .limit(u64::from(limit) + 1);
    for cond in conditions(&ctx, &params)? {
        select = select.filter(cond);
    }
    let mut rows = api.records.store().rows(select).await?;
    let has_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let last = rows.last().and_then(|row| row.first()?.as_i64()).filter(|_| has_more).map(|id| id.to_string());
    let data: Vec<String> = rows.iter().filter_map(|row| shown(row)).map(|line| line.to_string()).collect();
    let page = envelope::Page { limit, has_more, next_cursor: last.as_deref(), ..envelope::Page::default() };
    let body = envelope::list(data.join(",").as_bytes(), Some(&page), call.request_id());
    Ok(reply::json(StatusCode::OK, body))
}

fn conditions(ctx: &Ctx, params: &Params) -> Result<Vec<Cond>> {
    let mut all = Vec::new();
    let own = ctx.caller.key_id;
    let everyone = ctx.caller.may_manage(Access::Admin).is_ok();
    let asked = params.get("credential").map(|text| text.parse::<Id>().map_err(|_| bad("credential", "an id")));
    match asked.transpose()? {
        Some(other) if !everyone && other != own => {
            let detail = "only an administrator sees the requests of other credentials";
            return Err(Error::new(ErrorCode::Forbidden, detail));
        }
        Some(one) => all.push(test("credential", Kind::Int, Op::Eq, one.0)),
        None if !everyone => all.push(test("credential", Kind::Int, Op::Eq, own.0)),
        None => {}
    }
    if let Some(text) = params.get("version") {
        let names: Vec<&str> = ApiVersion::ALL.iter().map(|v| v.name()).collect();
        let version = ApiVersion::from_name(text).ok_or_else(|| bad("version", &names.join(" or ")))?;
        all.push(test("version", Kind::Text, Op::Eq, version.name()));
    }
    if let Some(method) = params.get("method") {
        all.push(test("method", Kind::Text, Op::Eq, method.to_ascii_uppercase()));
    }
    for name in ["route", "error_type", "request_id"] {
        if let Some(text) = params.get(name) {
            if text.is_empty() {
                return Err(bad(name, "a text that is not empty"));
            }
            all.push(test(name, Kind::Text, Op::Eq, text));
        }
    }
    for name in ["status", "error_code"] {
        if let Some(text) = params.get(name) {
            let number: i64 = text.parse().map_err(|_| bad(name, "a number"))?;
            all.push(test(name, Kind::Int, Op::Eq, number));
        }
    }
    for (name, op) in [("since", Op::Gte), ("until", Op::Lt)] {
        if let Some(text) = params.get(name) {
            all.push(test("at", Kind::Int, op, moment(name, text)?));
        }
    }
    if let Some(cursor) = params.cursor() {
        let before: Id = cursor.parse().map_err(|_| {
            Error::new(ErrorCode::BadCursor, "the cursor is none of this list's; begin again without it")
        })?;
        all.push(test("id", Kind::Int, Op::Lt, before.0));
    }
    // Lines are written up to a second after they were finished, so their ids are a little younger.
    if let Some(since) = params.get("since") {
        all.push(test("id", Kind::Int, Op::Gte, id::first_at(moment("since", since)?).0));
    }
    Ok(all)
}

/// RFC 3339, or Unix milliseconds.
fn moment(name: &str, text: &str) -> Result<i64> {
    millis(&Json::from(text))
        .or_else(|| parse_datetime(text).ok())
        .ok_or_else(|| bad(name, "a time such as 2026-03-31T09:30:00.000Z, or Unix milliseconds"))
}

fn shown(row: &[Value]) -> Option<J> {
    let at = |name: &str| COLUMNS.iter().position(|(n, _)| *n == name).and_then(|i| row.get(i));
    let number = |name: &str| at(name).and_then(Value::as_i64);
    let text = |name: &str| at(name).and_then(Value::as_str);
    let id = |name: &str| number(name).map(|id| id.to_string());
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a request are far below 2^53")]
    let ms = |name: &str| number(name).map(|us| us as f64 / 1_000.0);
    Some(json!({
        "id": id("id")?,
        "at": datetime_text(number("at")?),
        "request_id": text("request_id"),
        "credential": id("credential"),
        "user_id": id("user_id"),
        "impersonator_id": id("impersonator_id"),
        "version": text("version"),
        "method": text("method"),
        "route": text("route"),
        "status": number("status"),
        "error_code": number("error_code"),
        "error_type": text("error_type"),
        "duration_ms": ms("duration_us"),
        "db_ms": ms("db_us"),
        "retry_count": number("retry_count"),
        "downstream": text("downstream"),
        "request_body": text("request_body"),
        "response_body": text("response_body"),
    }))
}
