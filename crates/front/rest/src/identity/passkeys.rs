//! The passkeys of one's own login.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use kontor_model::Result;
use serde_json::{Value as J, json};

use super::desk::{self, Desk};
use super::form::Form;
use super::show;
use crate::Call;

/// # Errors
/// 403000 without a session.
pub async fn list(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    call.params(&[])?;
    let session = desk.session(&call).await?;
    let passkeys: Vec<J> = desk.passkeys.list(&session).await?.iter().map(show::passkey).collect();
    Ok(desk::list(&call, &passkeys))
}

/// # Errors
/// 403000 without a session, 401001 for a wrong password, 422000 when there are too many, or browsers have none for this
/// installation's address; 429000, 503000.
pub async fn begin(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let session = desk.session(&call).await?;
    let mut form = Form::of(&call, &["password"])?;
    let password = form.required("password");
    form.finish()?;
    let options = desk.passkeys.begin(&session, &password, desk::asked(&call)).await?;
    Ok(desk::single(&call, StatusCode::OK, &json!({"options": options})))
}

/// # Errors
/// 403000 without a session, 400001 for a credential that does not hold, 422000 when nothing was begun.
pub async fn add(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let session = desk.session(&call).await?;
    let mut form = Form::of(&call, &["name", "credential"])?;
    let (name, credential) = (form.text("name"), form.object("credential"));
    form.finish()?;
    let added = desk.passkeys.add(&session, name.as_deref(), &credential, desk::asked(&call)).await?;
    let mut data = show::passkey(&added.passkey);
    if let (Some(members), Some(codes)) = (data.as_object_mut(), &added.recovery_codes) {
        members.insert("recovery_codes".to_owned(), json!(codes));
    }
    Ok(desk::single(&call, StatusCode::CREATED, &data))
}

/// # Errors
/// 403000 without a session, 404001 for a passkey that is not one's own.
pub async fn rename(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let session = desk.session(&call).await?;
    let id = call.id(3)?;
    let mut form = Form::of(&call, &["name"])?;
    let name = form.required("name");
    form.finish()?;
    let passkey = desk.passkeys.rename(&session, id, &name, desk::asked(&call)).await?;
    Ok(desk::single(&call, StatusCode::OK, &show::passkey(&passkey)))
}

/// # Errors
/// 403000 without a session, 401001 for a wrong password, 404001 for a passkey that is not one's own, 429000, 503000.
pub async fn remove(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let session = desk.session(&call).await?;
    let id = call.id(3)?;
    let mut form = Form::of(&call, &["password"])?;
    let password = form.required("password");
    form.finish()?;
    desk.passkeys.remove(&session, id, &password, desk::asked(&call)).await?;
    Ok(desk::single(&call, StatusCode::OK, &json!({"id": id.to_string(), "removed": true})))
}
