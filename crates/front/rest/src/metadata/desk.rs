//! What the endpoints of metadata share: who may, preconditions, answers.

use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use kontor_catalog::{Catalog, ObjectDef, object_json};
use kontor_http::etag::{self, Tags};
use kontor_http::{envelope, hash, reply};
use kontor_model::field::Context;
use kontor_model::{ApiVersion, Error, ErrorCode, Field, FieldType, Json, Result, Settings, name};
use kontor_records::{Access, Answer, Ctx};
use kontor_store::{Batch, Write};
use serde_json::Value as J;

use crate::{Api, Call};

/// The request as the engine sees it, when the caller may do this.
///
/// # Errors
/// 401, 403, the database's.
pub async fn admit(api: &Api, call: &Call, access: Access) -> Result<Ctx> {
    let ctx = api.ctx(call).await?;
    ctx.caller.may_manage(access)?;
    Ok(ctx)
}

/// The object called `object`, singular or plural.
///
/// # Errors
/// 404001 naming the nearest.
pub fn find<'a>(catalog: &'a Catalog, object: &str) -> Result<&'a Arc<ObjectDef>> {
    catalog.object(object).or_else(|| catalog.collection(object)).ok_or_else(|| {
        let hint = name::hint(object, catalog.objects().map(|o| o.name.as_str()));
        Error::new(ErrorCode::NotFound, format!("there is no object \"{object}\"{hint}"))
    })
}

/// The tag of everything that a catalog says, without its quotes: the version of the space's own part, and a digest of
/// the standard part, which a newer program may have changed.
fn tag(api: &Api, catalog: &Catalog) -> String {
    static STANDARD: OnceLock<u64> = OnceLock::new();
    let standard = STANDARD.get_or_init(|| hash::digest(format!("{:?}", api.catalogs.standard()).as_bytes()));
    format!("{}-{:08x}", catalog.version, standard & 0xFFFF_FFFF)
}

/// Refuses when `If-Match` names another state than `catalog`'s.
///
/// # Errors
/// 412000, 400000.
pub fn precondition(api: &Api, headers: &HeaderMap, catalog: &Catalog) -> Result<()> {
    let malformed = |what: &str| Error::new(ErrorCode::Malformed, format!("If-Match: {what}"));
    let (tag, version) = (tag(api, catalog), catalog.version.to_string());
    for value in headers.get_all(IF_MATCH) {
        let text = value.to_str().map_err(|_| malformed("only ASCII is allowed"))?;
        let holds = match Tags::parse(text).map_err(malformed)? {
            Tags::Any => true,
            // A 412 names the bare version; behind what the catalog says a tag has what the caller may do.
            Tags::List(tags) => tags.iter().any(|t| {
                let says = t.text.strip_prefix(&tag).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
                !t.weak && (says || t.text == version)
            }),
        };
        if !holds {
            let error = Error::new(ErrorCode::VersionMoved, "the metadata were changed since they were read");
            return Err(error.with_version(catalog.version));
        }
    }
    Ok(())
}

/// A definition with what the caller may do with the object's records.
pub fn definition(ctx: &Ctx, def: &ObjectDef) -> J {
    let mut shown = object_json(def);
    if let Some(members) = shown.as_object_mut() {
        members.insert("allows".into(), ctx.caller.allows(def).into());
    }
    shown
}

/// What was asked for, or 304 without writing it.
///
/// # Errors
/// 400000 for a malformed `If-None-Match`.
pub fn shown(api: &Api, call: &Call, ctx: &Ctx, body: impl FnOnce() -> Vec<u8>) -> Result<Response<Body>> {
    // What the caller may do is part of the answer.
    let policy = serde_json::to_vec(&*ctx.caller.policy).map_err(Error::internal)?;
    let rights = hash::digest(&[&policy, format!("{:?}", ctx.caller.scopes.names()).as_bytes()].concat());
    let text = format!("{}-{:08x}", tag(api, &ctx.catalog), rights & 0xFFFF_FFFF);
    let tag = HeaderValue::try_from(format!("\"{text}\"")).map_err(Error::internal)?;
    if etag::if_none_match(&call.headers)?.is_some_and(|tags| tags.weakly(&text)) {
        return Ok(reply::not_modified(tag));
    }
    let mut response = reply::json(StatusCode::OK, body());
    response.headers_mut().insert(ETAG, tag);
    Ok(response)
}

/// The row that goes with a change: who did what.
///
/// # Errors
/// The machine gives no randomness.
pub fn audit(api: &Api, ctx: &Ctx, action: &str, changes: &J) -> Result<Vec<Write>> {
    Ok(vec![api.records.audit_write(ctx, "metadata", action, changes)?])
}

/// The answer to a change, kept under its `Idempotency-Key`.
///
/// It shows the object as the new catalog resolves it, so it is made and kept after the change. When the process dies
/// between the two, the repeated request finds its change done: 409001 for something new, no harm otherwise.
///
/// # Errors
/// The database's.
pub async fn changed(api: &Api, ctx: &Ctx, status: u16, location: Option<String>, data: &J) -> Result<Response<Body>> {
    let catalog = api.catalogs.get(ctx.space()).await?;
    let mut headers = vec![("etag".to_owned(), format!("\"{}\"", tag(api, &catalog)))];
    headers.extend(location.map(|l| ("location".to_owned(), l)));
    let body = envelope::single(status, data.to_string().as_bytes(), &ctx.request_id);
    let answer = Answer { status, headers, body };
    let mut batch = Batch::new(ctx.space());
    batch.writes = api.records.idempotency_writes(ctx, &answer);
    if !batch.writes.is_empty()
        && let Err(error) = api.records.store().commit(batch).await
    {
        tracing::warn!(request_id = &*ctx.request_id, %error, "an answer could not be kept under its Idempotency-Key");
    }
    Ok(reply::answer(answer))
}

/// An object that was changed, in the words of the caller's version.
///
/// # Errors
/// The database's.
pub async fn seen(api: &Api, ctx: &Ctx, object: &str) -> Result<Arc<ObjectDef>> {
    let catalog = api.catalogs.get(ctx.space()).await?.seen(ctx.catalog.api())?;
    catalog.require(object).cloned()
}

/// A definition of a field in version 1's words: the default of a date or time is text there. `kind` is the type of a
/// field that is there already.
pub fn native_field(ctx: &Ctx, sent: Json, kind: Option<&str>) -> Json {
    let kind = sent.get("type").and_then(Json::as_str).or(kind);
    let (mut newer, older) = match kind {
        _ if ctx.catalog.api() == ApiVersion::V1 => return sent,
        Some("date") => (Field::new("default", FieldType::date()), FieldType::date()),
        Some("datetime") => (Field::new("default", FieldType::datetime()), FieldType::datetime()),
        _ => return sent,
    };
    if let Some(form) = newer.time_form() {
        *form = kontor_model::time::TimeForm::Millis;
    }
    let settings = Settings::default();
    let cx = Context { settings: &settings, country: None };
    let Json::Object(mut members) = sent else { return sent };
    for (name, value) in &mut members {
        if name == "default"
            && let Ok(checked) = newer.spec().check(value, &cx)
        {
            *value = Json::String(older.spec().show().plain(&checked.value));
        }
    }
    Json::Object(members)
}

/// A sent definition as the audit keeps it.
pub fn as_sent(body: &Json) -> J {
    serde_json::from_str(&body.to_string()).unwrap_or_default()
}
