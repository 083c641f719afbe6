//! `POST /oauth/revoke`: a client gives a token back (RFC 7009). Whatever it was, the agreement behind it ends with all
//! of its tokens; a token that is unknown or another client's is answered the same.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response};

use crate::OAuth;
use crate::call::Call;
use crate::error::OAuthError;
use crate::mint::answer;

pub async fn revoke(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Result<Response<Body>, OAuthError> {
    let call = Call::of(request).await?;
    let form = call.form()?;
    let client = oauth.client(&call.headers, &form, &call.client()).await?;
    let token = form.need("token")?;
    if let Some(refresh) = oauth.refresh(token).await? {
        if refresh.client == client.id {
            oauth.end_grant(refresh.grant).await?;
        }
    } else if let Some(access) = super::introspect::verified(&oauth, token).await?
        && access.client_id == client.client_id
    {
        match access.grant {
            Some(grant) => oauth.end_grant(grant).await?,
            None => oauth.tokens.revoke(&access).await?,
        }
    }
    Ok(answer(200, &serde_json::json!({})))
}
