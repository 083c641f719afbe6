//! A forgotten password.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use kontor_model::Result;
use serde_json::json;

use super::desk::{self, Desk};
use super::form::Form;
use crate::Call;

/// Takes a request for a new password. The answer is the same whether or not there is such a login, and it does not
/// wait for what follows, so that its time tells nothing either.
///
/// # Errors
/// 400 for the body; 429000.
pub async fn create(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    call.params(&[])?;
    let mut form = Form::of(&call, &["email"])?;
    let email = form.required("email");
    form.finish()?;
    let email = desk.accounts.ask_reset(&email, desk::origin(&call)).await?;
    let accounts = desk.accounts.clone();
    tokio::spawn(async move {
        if let Err(error) = accounts.mail_reset(&email).await {
            tracing::error!(
                error = error.internal_text().unwrap_or(error.detail()),
                "a link for a new password was not mailed"
            );
        }
    });
    Ok(desk::single(&call, StatusCode::ACCEPTED, &json!({"state": "accepted"})))
}
