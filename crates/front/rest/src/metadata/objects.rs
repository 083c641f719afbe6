//! `/v1/metadata/objects` and `/v1/metadata/objects/{object}`.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use kontor_http::{body, envelope};
use kontor_model::{Fault, Json, Result};
use kontor_records::{Access, Ctx};
use serde_json::json;

use super::desk::{admit, as_sent, audit, changed, definition, find, native_field, precondition, seen, shown};
use crate::{Api, Call};

/// The place of the object's name in the path.
const OBJECT: usize = 3;

/// # Errors
/// 400000 for parameters; 403.
pub async fn list(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call, Access::Read).await?;
    let params = call.params(&["custom"])?;
    let custom = params.get("custom").map(|_| params.flag("custom")).transpose()?;
    shown(&api, &call, &ctx, || {
        let wanted = ctx.catalog.objects().filter(|o| custom.is_none_or(|c| o.custom == c));
        let data: Vec<String> = wanted.map(|o| definition(&ctx, o).to_string()).collect();
        envelope::list(data.join(",").as_bytes(), None, &ctx.request_id)
    })
}

/// # Errors
/// 404001; 403.
pub async fn read(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call, Access::Read).await?;
    call.params(&[])?;
    let def = find(&ctx.catalog, &call.part(OBJECT)?)?;
    shown(&api, &call, &ctx, || envelope::single(200, definition(&ctx, def).to_string().as_bytes(), &ctx.request_id))
}

/// A definition with its fields in version 1's words.
fn native_object(ctx: &Ctx, sent: Json) -> Json {
    let Json::Object(mut members) = sent else { return sent };
    for (name, value) in &mut members {
        if let ("fields", Json::Array(fields)) = (name.as_str(), value) {
            for field in fields {
                *field = native_field(ctx, std::mem::replace(field, Json::Null), None);
            }
        }
    }
    Json::Object(members)
}

/// # Errors
/// 400001 with all faults of the definition, 409001 for a name that is taken; 403.
pub async fn create(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call, Access::Metadata).await?;
    call.params(&[])?;
    let sent = native_object(&ctx, body::object(&call.body)?);
    let also = audit(&api, &ctx, "create_object", &json!({"definition": as_sent(&sent)}))?;
    let made = api.metadata.create_object(ctx.space(), &sent, also).await?;
    let def = seen(&api, &ctx, &made.name).await?;
    let location = format!("/v1/metadata/objects/{}", def.name);
    changed(&api, &ctx, 201, Some(location), &definition(&ctx, &def)).await
}

/// # Errors
/// 404001, 412000, 422000 for a standard object, 409001; 403.
pub async fn update(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call, Access::Metadata).await?;
    call.params(&[])?;
    let name = find(&ctx.catalog, &call.part(OBJECT)?)?.name.clone();
    precondition(&api, &call.headers, &ctx.catalog)?;
    let patch = body::object(&call.body)?;
    if patch.get("fields").is_some() {
        let instead = format!("are changed one by one: PATCH /v1/metadata/objects/{name}/fields/{{field}}");
        return Err(Fault::new("fields", "not_allowed", instead).into());
    }
    let also = audit(&api, &ctx, "update_object", &json!({"object": name, "patch": as_sent(&patch)}))?;
    let patched = api.metadata.patch_object(ctx.space(), &name, &patch, also).await?;
    let def = seen(&api, &ctx, &patched.name).await?;
    changed(&api, &ctx, 200, None, &definition(&ctx, &def)).await
}

/// # Errors
/// 404001, 412000, 422000 for a standard object or one that others refer to; 403.
pub async fn retire(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call, Access::Metadata).await?;
    call.params(&[])?;
    let name = find(&ctx.catalog, &call.part(OBJECT)?)?.name.clone();
    precondition(&api, &call.headers, &ctx.catalog)?;
    let also = audit(&api, &ctx, "retire_object", &json!({"object": name}))?;
    api.metadata.retire_object(ctx.space(), &name, also).await?;
    changed(&api, &ctx, 200, None, &json!({"name": name, "retired": true})).await
}
