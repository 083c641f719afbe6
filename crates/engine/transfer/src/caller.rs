//! Who started a job, kept with it: the job acts as that caller.

use std::sync::Arc;

use kontor_catalog::Catalogs;
use kontor_jobs::Job;
use kontor_model::{ApiVersion, Error, Id, Json, Limits, Result, Settings, SpaceId};
use kontor_records::{Caller, Credential, Ctx, Origin, Scopes};
use serde_json::{Value as J, json};

/// The caller as it is kept in a job's input, with the version of the API that it speaks.
pub fn stored(ctx: &Ctx) -> J {
    let caller = &ctx.caller;
    json!({
        "version": ctx.catalog.api().name(),
        "space": caller.space.0.to_string(),
        "key_id": caller.key_id.to_string(),
        "user_id": caller.user_id.map(|id| id.to_string()),
        "policy": &*caller.policy,
        "standing": &*caller.standing,
        "scopes": caller.scopes.names(),
        "settings": {
            "mobile_region": caller.settings.mobile_region,
            "phone_region": caller.settings.phone_region,
            "currency": caller.settings.currency,
            "time_zone": caller.settings.time_zone,
        },
    })
}

/// A context for the job, with the rights of the one who started it.
///
/// # Errors
/// A job that was not made by this program; the database's.
pub async fn context(catalogs: &Catalogs, job: &Job) -> Result<Ctx> {
    let caller = read(job).ok_or_else(|| Error::internal("a job without its caller"))?;
    let version = job.input.pointer("/caller/version").and_then(J::as_str).and_then(ApiVersion::from_name);
    let catalog = catalogs.get(caller.space).await?.seen(version.unwrap_or_default())?;
    let origin = Origin { credential: Credential::Job, ..Origin::default() };
    Ok(Ctx { origin, ..Ctx::new(Arc::new(caller), catalog, format!("job-{}", job.id)) })
}

/// The options that a job was started with.
///
/// # Errors
/// A job that was not made by this program.
pub fn options(job: &Job) -> Result<Json> {
    let text =
        job.input.get("options").and_then(J::as_str).ok_or_else(|| Error::internal("a job without its options"))?;
    Json::parse_str(text).map_err(Error::internal)
}

fn read(job: &Job) -> Option<Caller> {
    let json = job.input.get("caller")?;
    let settings = json.get("settings")?;
    let text = |key: &str| settings.get(key).and_then(J::as_str).map(str::to_owned);
    let number = |key: &str| json.get(key).and_then(J::as_str).and_then(|s| s.parse::<i64>().ok());
    let scopes: Vec<&str> = json.get("scopes")?.as_array()?.iter().filter_map(J::as_str).collect();
    let space = SpaceId(number("space")?);
    (space == job.space).then_some(Caller {
        space,
        key_id: Id(number("key_id")?),
        via: Default::default(),
        user_id: number("user_id").map(Id),
        policy: Arc::new(serde_json::from_value(json.get("policy")?.clone()).ok()?),
        standing: Arc::new(serde_json::from_value(json.get("standing")?.clone()).ok()?),
        scopes: Scopes::new(scopes),
        settings: Arc::new(Settings {
            mobile_region: text("mobile_region")?,
            phone_region: text("phone_region"),
            currency: text("currency")?,
            time_zone: text("time_zone")?,
            cors_origins: Vec::new(),
            public_forms: false,
        }),
        limits: Limits::default(),
    })
}
