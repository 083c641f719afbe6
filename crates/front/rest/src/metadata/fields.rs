//! `/v1/metadata/objects/{object}/fields` and `…/fields/{field}`.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use kontor_catalog::{ObjectDef, field_json};
use kontor_http::{body, envelope};
use kontor_model::{Error, ErrorCode, Field, Result, name};
use kontor_records::Access;
use serde_json::json;

use super::desk::{admit, as_sent, audit, changed, find, native_field, precondition, seen, shown};
use crate::{Api, Call};

/// The places of the names in the path.
const OBJECT: usize = 3;
const FIELD: usize = 5;

/// By its name, its path, or the name of its relation; one that is in use before one that is retired.
fn field<'a>(def: &'a ObjectDef, wanted: &str) -> Result<&'a Field> {
    let is = |f: &&Field| {
        f.name == wanted || def.path(f) == wanted || f.ty.as_reference().is_some_and(|r| r.relation == wanted)
    };
    let found = def.known().filter(|f| !f.retired).find(is).or_else(|| def.known().find(is));
    found.ok_or_else(|| {
        let hint = name::hint(wanted, def.paths());
        Error::new(ErrorCode::NotFound, format!("{} has no field \"{wanted}\"{hint}", def.name))
    })
}

/// The same field in the words of version 1, which definitions are kept in.
fn native<'a>(def: &'a ObjectDef, field: &Field) -> Result<&'a Field> {
    let at = def.fields.iter().position(|own| std::ptr::eq(own, field));
    at.and_then(|at| def.native().fields.get(at)).ok_or_else(|| Error::internal("a field without its native one"))
}

/// The field of version 1 called `name`, in the words of `def`'s version.
fn of_native<'a>(def: &'a ObjectDef, name: &str) -> Result<&'a Field> {
    let native = def.native();
    let wanted = field(native, name)?;
    let at = native.fields.iter().position(|own| std::ptr::eq(own, wanted));
    at.and_then(|at| def.fields.get(at)).ok_or_else(|| Error::internal("a field without its view"))
}

/// # Errors
/// 404001; 403.
pub async fn list(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call, Access::Read).await?;
    call.params(&[])?;
    let def = find(&ctx.catalog, &call.part(OBJECT)?)?;
    shown(&api, &call, &ctx, || {
        let data: Vec<String> = def.known().map(|f| field_json(def, f).to_string()).collect();
        envelope::list(data.join(",").as_bytes(), None, &ctx.request_id)
    })
}

/// # Errors
/// 404001; 403.
pub async fn read(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call, Access::Read).await?;
    call.params(&[])?;
    let def = find(&ctx.catalog, &call.part(OBJECT)?)?;
    let field = field(def, &call.part(FIELD)?)?;
    shown(&api, &call, &ctx, || envelope::single(200, field_json(def, field).to_string().as_bytes(), &ctx.request_id))
}

/// # Errors
/// 404001, 400001 with all faults of the definition, 409001 for a name that is taken; 403.
pub async fn create(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call, Access::Metadata).await?;
    call.params(&[])?;
    let object = find(&ctx.catalog, &call.part(OBJECT)?)?.name.clone();
    let sent = native_field(&ctx, body::object(&call.body)?, None);
    let also = audit(&api, &ctx, "create_field", &json!({"object": object, "definition": as_sent(&sent)}))?;
    let (_, made) = api.metadata.create_field(ctx.space(), &object, &sent, also).await?;
    let def = seen(&api, &ctx, &object).await?;
    let field = of_native(&def, &made)?;
    let location = format!("/v1/metadata/objects/{}/fields/{}", def.name, field.name);
    changed(&api, &ctx, 201, Some(location), &field_json(&def, field)).await
}

/// # Errors
/// 404001, 412000, 422000 for a standard field, 400001, 409001 with the records whose values are not unique; 403.
pub async fn update(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call, Access::Metadata).await?;
    call.params(&[])?;
    let def = find(&ctx.catalog, &call.part(OBJECT)?)?;
    let there = native(def, field(def, &call.part(FIELD)?)?)?;
    let name = there.name.clone();
    precondition(&api, &call.headers, &ctx.catalog)?;
    let patch = native_field(&ctx, body::object(&call.body)?, Some(there.spec().name()));
    let also =
        audit(&api, &ctx, "update_field", &json!({"object": def.name, "field": name, "patch": as_sent(&patch)}))?;
    let (_, name) = api.metadata.patch_field(ctx.space(), &def.name, &name, &patch, also).await?;
    let def = seen(&api, &ctx, &def.name).await?;
    let field = of_native(&def, &name)?;
    changed(&api, &ctx, 200, None, &field_json(&def, field)).await
}

/// # Errors
/// 404001, 412000, 422000 for a standard field; 403.
pub async fn retire(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call, Access::Metadata).await?;
    call.params(&[])?;
    let def = find(&ctx.catalog, &call.part(OBJECT)?)?;
    let name = native(def, field(def, &call.part(FIELD)?)?)?.name.clone();
    precondition(&api, &call.headers, &ctx.catalog)?;
    let also = audit(&api, &ctx, "retire_field", &json!({"object": def.name, "field": name}))?;
    let def = api.metadata.retire_field(ctx.space(), &def.name, &name, also).await?;
    changed(&api, &ctx, 200, None, &json!({"object": def.name, "name": name, "retired": true})).await
}
