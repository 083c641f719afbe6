//! Companies' own identity providers, as administrators keep them. A client secret goes in and never comes out.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, Response, StatusCode};
use kontor_identity::audit::By;
use kontor_identity::providers::{Draft, Provider, Settings, check};
use kontor_model::time::datetime_text;
use kontor_model::{Error, ErrorCode, Fault, Result};
use kontor_records::{Access, Ctx};
use serde_json::{Value as J, json};

use super::desk::{self, Desk};
use super::form::Form;
use crate::Call;

/// The members of a body.
const KNOWN: &[&str] = &[
    "name",
    "kind",
    "issuer",
    "client_id",
    "client_secret",
    "scopes",
    "domains",
    "just_in_time",
    "default_role",
    "groups_claim",
    "group_roles",
    "only",
    "is_enabled",
];

async fn admin(desk: &Desk, call: &Call) -> Result<Ctx> {
    let ctx = desk.api.ctx(call).await?;
    ctx.caller.may_manage(Access::Admin)?;
    Ok(ctx)
}

fn shown(desk: &Desk, of: &Provider) -> J {
    let settings = &of.settings;
    json!({
        "id": of.id.to_string(), "name": of.name, "kind": "oidc", "issuer": of.issuer, "client_id": of.client_id,
        "has_client_secret": of.has_secret(), "redirect_uri": desk.oauth.federation().redirect_uri(of.id),
        "scopes": settings.scopes, "domains": settings.domains, "just_in_time": settings.just_in_time,
        "default_role": settings.default_role, "groups_claim": settings.groups_claim,
        "group_roles": settings.group_roles, "only": settings.only, "is_enabled": of.is_enabled,
        "created_at": datetime_text(of.created_at), "updated_at": datetime_text(of.updated_at),
    })
}

/// What a body makes of a provider, or of nothing.
async fn draft(desk: &Desk, ctx: &Ctx, mut form: Form, of: Option<&Provider>) -> Result<Draft> {
    let mut settings = of.map_or_else(Settings::default, |of| of.settings.clone());
    let text = |form: &mut Form, member: &str, before: Option<&str>| match before {
        Some(before) if !form.has(member) => before.to_owned(),
        _ => form.required(member),
    };
    let name = text(&mut form, "name", of.map(|of| of.name.as_str()));
    let issuer = text(&mut form, "issuer", of.map(|of| of.issuer.as_str()));
    let client_id = text(&mut form, "client_id", of.map(|of| of.client_id.as_str()));
    if form.text("kind").is_some_and(|kind| kind != "oidc") {
        form.fault(Fault::coded("kind", ErrorCode::EnumNotAllowed, "is oidc").allowed(["oidc"]));
    }
    // Another issuer would be told this one's secret, and its subjects would be taken for this one's.
    if of.is_some_and(|of| of.issuer != issuer) {
        form.fault(Fault::new("issuer", "read_only", "cannot be changed; make another provider"));
    } else if !issuer.is_empty() && !desk.oauth.federation().may_call(&issuer) {
        let about = "must be the provider's https address, without a slash at the end, such as https://id.acme.example";
        form.fault(Fault::new("issuer", "format", about));
    }
    let secret = form.has("client_secret").then(|| form.text("client_secret"));
    if form.has("scopes") {
        settings.scopes = form.texts("scopes").unwrap_or_default();
    }
    if form.has("domains") {
        settings.domains = form.texts("domains").unwrap_or_default();
    }
    settings.just_in_time = form.flag("just_in_time").unwrap_or(settings.just_in_time);
    settings.only = form.flag("only").unwrap_or(settings.only);
    if form.has("default_role") {
        settings.default_role = form.text("default_role");
    }
    if form.has("groups_claim") {
        settings.groups_claim = form.required("groups_claim");
    }
    if form.has("group_roles") {
        settings.group_roles = form.text_map("group_roles").unwrap_or_default();
    }
    let is_enabled = form.flag("is_enabled").unwrap_or(of.is_none_or(|of| of.is_enabled));
    let mut draft = Draft { name, issuer, client_id, secret, settings, is_enabled };
    for fault in check(&mut draft) {
        form.fault_once(fault);
    }
    roles(desk, ctx, &mut form, &draft.settings).await?;
    form.finish()?;
    Ok(draft)
}

/// The roles exist, and allow nothing which the caller's own does not.
async fn roles(desk: &Desk, ctx: &Ctx, form: &mut Form, settings: &Settings) -> Result<()> {
    let named = settings.default_role.iter().map(|role| ("default_role", role));
    let mapped = settings.group_roles.values().map(|role| ("group_roles", role));
    let all: BTreeMap<&String, &str> = named.chain(mapped).map(|(field, role)| (role, field)).collect();
    for (role, field) in all {
        match desk.roles.get(ctx.space(), role).await {
            Ok(policy) if policy.is_within(&ctx.caller.policy) => {}
            Ok(_) => {
                let own = &ctx.caller.policy.role;
                let about = format!("the role {role} allows more than your own, {own}");
                return Err(Error::new(ErrorCode::Forbidden, about));
            }
            Err(error) if error.code() == ErrorCode::EnumNotAllowed => {
                form.fault(
                    Fault::coded(field, ErrorCode::EnumNotAllowed, "names no role of this space").value(role.clone()),
                );
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// # Errors
/// 403 for anyone but an administrator.
pub async fn list(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    call.params(&[])?;
    let ctx = admin(&desk, &call).await?;
    let all = desk.oauth.federation().kept().of_space(ctx.space()).await?;
    let shown: Vec<J> = all.iter().map(|provider| shown(&desk, provider)).collect();
    Ok(desk::list(&call, &shown))
}

/// # Errors
/// As [`list`]; 404001.
pub async fn read(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    call.params(&[])?;
    let ctx = admin(&desk, &call).await?;
    let found = desk.oauth.federation().kept().get(ctx.space(), call.id(2)?).await?;
    Ok(desk::single(&call, StatusCode::OK, &shown(&desk, &found)))
}

/// # Errors
/// As [`list`]; 400 for the body, 409001 for a name that is taken, 422000 for another workspace's domain.
pub async fn create(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let ctx = admin(&desk, &call).await?;
    let draft = draft(&desk, &ctx, Form::of(&call, KNOWN)?, None).await?;
    let made = desk.oauth.federation().kept().create(draft, By::of(&ctx)).await?;
    let mut response = desk::single(&call, StatusCode::CREATED, &shown(&desk, &made));
    let place = HeaderValue::try_from(format!("/v1/identity_providers/{}", made.id)).map_err(Error::internal)?;
    response.headers_mut().insert(LOCATION, place);
    Ok(response)
}

/// # Errors
/// As [`create`]; 404001, 409000 when it was changed at the same time.
pub async fn update(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let ctx = admin(&desk, &call).await?;
    let before = desk.oauth.federation().kept().get(ctx.space(), call.id(2)?).await?;
    let form = Form::of(&call, KNOWN)?;
    let draft = draft(&desk, &ctx, form, Some(&before)).await?;
    let after = desk.oauth.federation().kept().change(&before, draft, By::of(&ctx)).await?;
    Ok(desk::single(&call, StatusCode::OK, &shown(&desk, &after)))
}

/// # Errors
/// As [`update`].
pub async fn delete(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let ctx = admin(&desk, &call).await?;
    let found = desk.oauth.federation().kept().get(ctx.space(), call.id(2)?).await?;
    desk.oauth.federation().kept().delete(&found, By::of(&ctx)).await?;
    desk.accounts.forget();
    Ok(desk::single(&call, StatusCode::OK, &json!({"id": found.id.to_string(), "deleted": true})))
}

/// Tries out whether the provider can be used, and says what is wrong.
///
/// # Errors
/// As [`read`].
pub async fn test(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let ctx = admin(&desk, &call).await?;
    Form::optional(&call, &[])?.finish()?;
    let found = desk.oauth.federation().kept().get(ctx.space(), call.id(2)?).await?;
    let checks = desk.oauth.federation().probe(&found).await;
    let ok = checks.iter().all(|check| check.ok);
    let shown: Vec<J> =
        checks.iter().map(|check| json!({"name": check.name, "ok": check.ok, "detail": check.detail})).collect();
    Ok(desk::single(&call, StatusCode::OK, &json!({"id": found.id.to_string(), "ok": ok, "checks": shown})))
}

/// Who a user is at providers.
///
/// # Errors
/// As [`list`]; 404001 for no such user.
pub async fn identities(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    call.params(&[])?;
    let ctx = admin(&desk, &call).await?;
    let user = call.id(2)?;
    desk.accounts.person(ctx.space(), user).await?;
    let links = desk.oauth.federation().kept().links_of(ctx.space(), user).await?;
    let shown: Vec<J> = links
        .iter()
        .map(|link| {
            json!({"provider_id": link.provider.to_string(), "subject": link.subject,
                "created_at": datetime_text(link.created_at), "last_used_at": datetime_text(link.last_used_at)})
        })
        .collect();
    Ok(desk::list(&call, &shown))
}

/// Parts a user from their identities: the next sign-in with the same address is a first one.
///
/// # Errors
/// As [`identities`].
pub async fn unlink(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let ctx = admin(&desk, &call).await?;
    let user = call.id(2)?;
    desk.accounts.person(ctx.space(), user).await?;
    let count = desk.oauth.federation().kept().unlink(user, By::of(&ctx)).await?;
    desk.accounts.forget();
    let what = json!({"user_id": user.to_string(), "unlinked": count});
    Ok(desk::single(&call, StatusCode::OK, &what))
}
