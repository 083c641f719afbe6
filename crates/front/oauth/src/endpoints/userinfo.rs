//! `GET`, `POST /oauth/userinfo`: who the token's user is (OpenID Connect Core, 5.3).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response};
use kontor_http::Refusal;
use kontor_model::{Error, ErrorCode};
use serde_json::json;

use crate::OAuth;
use crate::call::Call;
use crate::mint::answer;
use crate::scope::Scope;

pub async fn read(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Result<Response<Body>, Refusal> {
    let call = Call::of(request).await?;
    let caller = call.admitted.caller()?;
    let scope = Scope::stored(&caller.scopes.names().join(" "));
    if !scope.has("openid") {
        return Err(Error::new(ErrorCode::ScopeMissing, "this credential lacks the scope openid")
            .with_scope("openid")
            .into());
    }
    let user = caller.user_id.ok_or_else(|| Error::new(ErrorCode::Forbidden, "this credential belongs to no user"))?;
    let person = oauth.people.person(caller.space, user).await?;
    let person = person.ok_or_else(|| Error::new(ErrorCode::BadCredential, "the user is gone"))?;
    let mut body = person.claims(&scope);
    if let Some(body) = body.as_object_mut() {
        body.insert("sub".into(), json!(user.to_string()));
    }
    Ok(answer(200, &body))
}
