//! Who one is, one's own sessions and password.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use kontor_identity::audit::By;
use kontor_identity::spaces::{self, Space};
use kontor_model::{Error, ErrorCode, Fault, Id, Result, SpaceId};
use serde_json::{Value as J, json};

use super::desk::{self, Desk};
use super::form::Form;
use super::show;
use crate::Call;

/// # Errors
/// The database's.
pub async fn read(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    call.params(&[])?;
    let caller = call.admitted.caller()?.clone();
    let all = spaces::spaces(&*desk.founding.store).await?;
    let name = |id: SpaceId| all.iter().find(|space| space.id == id);
    let space = |id: SpaceId, known: Option<&Space>| json!({"id": id.to_string(), "name": known.map(|s| s.name.as_str()), "kind": known.map(|s| s.kind.as_str())});
    let user = match caller.user_id {
        Some(id) => {
            let person = desk.accounts.person(caller.space, id).await.ok();
            json!({"id": id.to_string(), "name": person.as_ref().map(|p| p.name.as_str()),
                "email": person.as_ref().and_then(|p| p.email.as_deref())})
        }
        None => J::Null,
    };
    let mut data = json!({
        "user": user, "space": space(caller.space, name(caller.space)), "role": caller.policy.role,
        "scopes": caller.scopes.names(),
    });
    let credential = match desk.accounts.session_by_id(caller.key_id).await? {
        Some(session) => {
            let (second_factor, codes) = desk.accounts.factors(&session).await?;
            let passkeys = desk.passkeys.list(&session).await?.len();
            let open = desk.accounts.spaces_of(&session).await?;
            let open: Vec<J> = open.iter().map(|membership| space(membership.space, name(membership.space))).collect();
            set(&mut data, "spaces", J::Array(open));
            set(
                &mut data,
                "second_factor",
                json!({"totp": second_factor, "passkeys": passkeys, "recovery_codes_left": codes}),
            );
            json!({"kind": "session", "id": session.id.to_string()})
        }
        None => match desk.keys.get(caller.space, caller.key_id).await {
            Ok(key) => json!({"kind": "api_key", "id": key.id.to_string(), "name": key.name}),
            Err(error) if error.code() == ErrorCode::NotFound => {
                json!({"kind": "access_token", "id": caller.key_id.to_string()})
            }
            Err(error) => return Err(error),
        },
    };
    set(&mut data, "credential", credential);
    set(&mut data, "read_only", J::Bool(caller.via.read_only));
    if let Some(id) = caller.via.impersonator {
        let person = desk.accounts.person(caller.space, id).await.ok();
        set(&mut data, "impersonator", json!({"id": id.to_string(), "name": person.map(|person| person.name)}));
    }
    Ok(desk::single(&call, StatusCode::OK, &data))
}

fn set(data: &mut J, member: &str, value: J) {
    if let Some(members) = data.as_object_mut() {
        members.insert(member.to_owned(), value);
    }
}

/// # Errors
/// 403000 for a credential that is no user's.
pub async fn sessions(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    call.params(&[])?;
    let caller = call.admitted.caller()?;
    let Some(user) = caller.user_id else {
        return Err(Error::new(ErrorCode::Forbidden, "this credential is of no user"));
    };
    let sessions = desk.accounts.sessions_of(caller.space, user).await?;
    let shown: Vec<J> = sessions.iter().map(|session| show::session(session, session.id == caller.key_id)).collect();
    Ok(desk::list(&call, &shown))
}

/// # Errors
/// 403000 without a session, 404001 for one that is not one's own.
pub async fn end(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let own = desk.session(&call).await?;
    let ctx = desk.api.ctx(&call).await?;
    let id = call.id(3)?;
    let all = desk.accounts.sessions_of(own.space, own.user).await?;
    if !all.iter().any(|session| session.id == id) {
        return Err(Error::not_found());
    }
    desk.accounts.revoke_session(id, own.user, By::of(&ctx)).await?;
    Ok(desk::single(&call, StatusCode::OK, &json!({"id": id.to_string(), "ended": true})))
}

/// # Errors
/// 403000 without a session.
pub async fn end_others(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let own = desk.session(&call).await?;
    let ctx = desk.api.ctx(&call).await?;
    let mut ended = 0;
    for session in desk.accounts.sessions_of(own.space, own.user).await? {
        if session.id != own.id {
            desk.accounts.revoke_session(session.id, own.user, By::of(&ctx)).await?;
            ended += 1;
        }
    }
    Ok(desk::single(&call, StatusCode::OK, &json!({"ended": ended})))
}

/// # Errors
/// 403000 without a session, 404001 for a space that is not one's own.
pub async fn switch(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let own = desk.session(&call).await?;
    let mut form = Form::of(&call, &["space_id"])?;
    let space = form.required("space_id");
    form.finish()?;
    let space: Id = space.parse().map_err(|_| Fault::new("space_id", "format", "must be the id of a space"))?;
    let session = desk.accounts.switch(&own, SpaceId(space.0)).await?;
    Ok(desk::single(&call, StatusCode::OK, &show::session(&session, true)))
}

/// # Errors
/// 403000 without a session, 401001 for a wrong password, 400001 for a new one that is none, 429000, 503000.
pub async fn password(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let own = desk.session(&call).await?;
    let mut form = Form::of(&call, &["current_password", "new_password"])?;
    let (current, new) = (form.required("current_password"), form.required("new_password"));
    form.finish()?;
    let ctx = desk.api.ctx(&call).await?;
    desk.accounts.set_password(&own, &current, &new, desk::origin(&call), By::of(&ctx)).await?;
    Ok(desk::single(&call, StatusCode::OK, &json!({"changed": true})))
}
