//! API keys (api.md 2): whoever makes, changes or rotates one hands out no more than their own rights.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, Response, StatusCode};
use kontor_identity::audit::By;
use kontor_identity::keys::{Grant, Grantor, KeyInfo, NewKey};
use kontor_identity::scopes;
use kontor_model::{Allowance, Error, ErrorCode, Fault, Id, Result};
use kontor_records::{Access, Ctx};
use serde_json::{Value as J, json};

use super::desk::{self, Desk};
use super::form::Form;
use super::{show, users};
use crate::Call;

const LONGEST_NAME: usize = 120;
const LONGEST_OVERLAP_S: i64 = 604_800;
const OVERLAP_S: i64 = 86_400;

/// Someone who may have to do with keys at all.
struct Keeper {
    ctx: Ctx,
    /// The key that the request came with.
    own: Option<KeyInfo>,
    /// Whether every key of the space is theirs to manage.
    all: bool,
}

impl Keeper {
    /// A person who is signed in, or an administrator's key: a lesser key that leaks is not to make others.
    async fn of(desk: &Desk, call: &Call) -> Result<Self> {
        let ctx = desk.api.ctx(call).await?;
        let all = ctx.caller.may_manage(Access::Admin).is_ok();
        let own = match desk.keys.get(ctx.space(), ctx.caller.key_id).await {
            Ok(key) => Some(key),
            Err(error) if error.code() == ErrorCode::NotFound => None,
            Err(error) => return Err(error),
        };
        if !all && (own.is_some() || desk.accounts.session_by_id(ctx.caller.key_id).await?.is_none()) {
            let detail = "keys are managed by people who are signed in, and by administrators' keys";
            return Err(Error::new(ErrorCode::Forbidden, detail));
        }
        Ok(Self { ctx, own, all })
    }

    /// A key that is theirs to manage; others are not there.
    async fn key(&self, desk: &Desk, call: &Call) -> Result<KeyInfo> {
        let key = desk.keys.get(self.ctx.space(), call.id(2)?).await?;
        let own = key.service_account_id.is_none() && key.user_id.is_some() && key.user_id == self.ctx.caller.user_id;
        if self.all || own { Ok(key) } else { Err(Error::not_found()) }
    }

    fn grants(&self, grant: Grant) -> Result<Grant> {
        let collections: Vec<&str> = self.ctx.catalog.objects().map(|def| def.plural.as_str()).collect();
        Grantor { caller: &self.ctx.caller, key: self.own.as_ref() }.grants(grant, &collections)
    }

    /// Only what one could have made oneself may one change or rotate.
    async fn holds(&self, desk: &Desk, key: &KeyInfo) -> Result<Grant> {
        let grant = Grant {
            role: key.role.clone(),
            policy: desk.roles.get(self.ctx.space(), &key.role).await?,
            scopes: key.scopes.clone(),
            ip_ranges: key.ip_ranges.clone(),
            expires_at: key.expires_at,
        };
        let held = self.grants(grant.clone())?;
        if held.ip_ranges != grant.ip_ranges || held.expires_at != grant.expires_at {
            return Err(Error::new(ErrorCode::Forbidden, "the key reaches further than your own"));
        }
        Ok(grant)
    }
}

fn name(form: &mut Form, text: String) -> String {
    let text = text.trim().to_owned();
    if text.chars().count() > LONGEST_NAME {
        form.fault(Fault::new("name", "too_long", format!("must have at most {LONGEST_NAME} characters")));
    }
    text
}

fn later(form: &mut Form, now: i64) -> Option<i64> {
    let at = form.time("expires_at")?;
    if at <= now {
        form.fault(Fault::new("expires_at", "range", "must be in the future"));
    }
    Some(at)
}

fn made(call: &Call, key: &KeyInfo, secret: &str, now: i64, more: Option<(&str, J)>) -> Result<Response<Body>> {
    let mut data = show::key(key, now);
    if let Some(members) = data.as_object_mut() {
        members.insert("key".to_owned(), J::String(secret.to_owned()));
        members.extend(more.map(|(member, value)| (member.to_owned(), value)));
    }
    let mut response = desk::single(call, StatusCode::CREATED, &data);
    let location = HeaderValue::try_from(format!("/v1/api_keys/{}", key.id)).map_err(Error::internal)?;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

/// # Errors
/// 403000 for a key that is no administrator's.
pub async fn list(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    call.params(&[])?;
    let keeper = Keeper::of(&desk, &call).await?;
    let user = match (keeper.all, keeper.ctx.caller.user_id) {
        (true, _) => None,
        (false, user) => Some(user.unwrap_or(Id(0))),
    };
    let now = desk.founding.clock.now_ms();
    let keys = desk.keys.of_space(keeper.ctx.space(), user).await?;
    let own = keys.iter().filter(|key| keeper.all || key.service_account_id.is_none());
    let shown: Vec<J> = own.map(|key| show::key(key, now)).collect();
    Ok(desk::list(&call, &shown))
}

/// # Errors
/// 403000 as [`list`]; 404001 for one that is not there, or not one's own.
pub async fn read(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    call.params(&[])?;
    let key = Keeper::of(&desk, &call).await?.key(&desk, &call).await?;
    Ok(desk::single(&call, StatusCode::OK, &show::key(&key, desk.founding.clock.now_ms())))
}

/// # Errors
/// 400 for the body, 403000 for more rights than one's own, 422000 for no such service account.
pub async fn create(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let keeper = Keeper::of(&desk, &call).await?;
    let now = desk.founding.clock.now_ms();
    let known = ["name", "role", "scopes", "ip_ranges", "expires_at", "service_account_id"];
    let mut form = Form::of(&call, &known)?;
    let text = form.required("name");
    let name = name(&mut form, text);
    let caller = &keeper.ctx.caller;
    let own = || (caller.policy.role.clone(), caller.policy.clone());
    let (role, policy) = users::role(&desk, keeper.ctx.space(), &mut form).await?.unwrap_or_else(own);
    let held = caller.scopes.names();
    let scopes = form
        .texts("scopes")
        .unwrap_or_else(|| scopes::of_role(&policy).into_iter().filter(|scope| scopes::covers(&held, scope)).collect());
    let ip_ranges = form.texts("ip_ranges").unwrap_or_default();
    let expires_at = later(&mut form, now);
    let program = form.text("service_account_id");
    form.finish()?;
    let grant = keeper.grants(Grant { role, policy, scopes, ip_ranges, expires_at })?;
    let (user_id, service_account_id) = match program {
        None => (caller.user_id, None),
        Some(_) if !keeper.all => {
            return Err(Error::new(ErrorCode::Forbidden, "only an administrator makes keys of service accounts"));
        }
        Some(text) => {
            let fault = || Fault::new("service_account_id", "format", "must be the id of a service account");
            let id: Id = text.parse().map_err(|_| fault())?;
            desk.keys.program(keeper.ctx.space(), id).await?;
            // Its records are the owner's (api.md 6).
            (desk.founding.owner(keeper.ctx.space()).await?, Some(id))
        }
    };
    let new = NewKey {
        name,
        role: grant.role,
        scopes: grant.scopes,
        space: keeper.ctx.space(),
        user_id,
        service_account_id,
        ip_ranges: grant.ip_ranges,
        expires_at: grant.expires_at,
        allowance: Allowance::default(),
    };
    let (key, secret) = desk.keys.create(new, By::of(&keeper.ctx)).await?;
    made(&call, &key, &secret, now, None)
}

/// # Errors
/// As [`create`]; 404001, 422000 for one that was revoked.
pub async fn update(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let keeper = Keeper::of(&desk, &call).await?;
    let key = keeper.key(&desk, &call).await?;
    let mut grant = keeper.holds(&desk, &key).await?;
    let now = desk.founding.clock.now_ms();
    let mut form = Form::of(&call, &["name", "role", "scopes", "ip_ranges", "expires_at"])?;
    let mut text = key.name.clone();
    if form.has("name") {
        let required = form.required("name");
        text = name(&mut form, required);
    }
    if let Some((role, policy)) = users::role(&desk, keeper.ctx.space(), &mut form).await? {
        (grant.role, grant.policy) = (role, policy);
    }
    if form.has("scopes") {
        grant.scopes = form.texts("scopes").unwrap_or_default();
    }
    if form.has("ip_ranges") {
        grant.ip_ranges = form.texts("ip_ranges").unwrap_or_default();
    }
    if form.has("expires_at") {
        grant.expires_at = later(&mut form, now);
    }
    form.finish()?;
    let grant = keeper.grants(grant)?;
    let after = desk.keys.change(&key, text, grant, By::of(&keeper.ctx)).await?;
    Ok(desk::single(&call, StatusCode::OK, &show::key(&after, now)))
}

/// # Errors
/// 403000, 404001 as [`read`].
pub async fn revoke(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let keeper = Keeper::of(&desk, &call).await?;
    let key = keeper.key(&desk, &call).await?;
    if key.revoked_at.is_none() {
        desk.keys.revoke(&key, By::of(&keeper.ctx)).await?;
    }
    Ok(desk::single(&call, StatusCode::OK, &json!({"id": key.id.to_string(), "revoked": true})))
}

/// # Errors
/// As [`update`]; 422000 for a key that was revoked or has expired.
pub async fn rotate(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let keeper = Keeper::of(&desk, &call).await?;
    let key = keeper.key(&desk, &call).await?;
    keeper.holds(&desk, &key).await?;
    let mut form = Form::optional(&call, &["overlap_seconds"])?;
    let overlap = form.number("overlap_seconds", 0, LONGEST_OVERLAP_S).unwrap_or(OVERLAP_S);
    form.finish()?;
    let (new, secret) = desk.keys.rotate(&key, overlap * 1_000, By::of(&keeper.ctx)).await?;
    let now = desk.founding.clock.now_ms();
    let old = desk.keys.get(keeper.ctx.space(), key.id).await?;
    made(&call, &new, &secret, now, Some(("previous", show::key(&old, now))))
}
