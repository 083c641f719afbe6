//! `POST /oauth/introspect`: whether a token is good, and for what (RFC 7662). A client learns of tokens of its own
//! space, one that belongs to no space of its own tokens only; of any other token it learns nothing but `active: false`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response};
use kontor_model::SpaceId;
use serde_json::{Value as J, json};

use crate::OAuth;
use crate::call::Call;
use crate::clients::Client;
use crate::error::OAuthError;
use crate::mint::answer;
use crate::tokens::Verified;

pub async fn introspect(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Result<Response<Body>, OAuthError> {
    let call = Call::of(request).await?;
    let form = call.form()?;
    let client = oauth.client(&call.headers, &form, &call.client()).await?;
    if client.is_public() {
        return Err(OAuthError::invalid_client("introspection needs a client that authenticates itself"));
    }
    let found = oauth.described(&client, form.need("token")?).await?;
    Ok(answer(200, &found.unwrap_or_else(|| json!({"active": false}))))
}

/// The access token, when it is one of ours and alive.
///
/// # Errors
/// The database's.
pub async fn verified(oauth: &OAuth, token: &str) -> kontor_model::Result<Option<Arc<Verified>>> {
    match oauth.tokens.verify(token).await {
        Ok(verified) => Ok(Some(verified)),
        Err(error) if error.code().status() < 500 => Ok(None),
        Err(error) => Err(error),
    }
}

impl OAuth {
    async fn described(&self, client: &Client, token: &str) -> kontor_model::Result<Option<J>> {
        let issuer = &*self.issuer;
        if let Some(refresh) = self.refresh(token).await? {
            let now = self.clock.now_ms();
            let own = refresh.client == client.id && !refresh.used && refresh.expires_at > now;
            let grant = if own { self.grant(refresh.grant).await? } else { None };
            return Ok(grant.map(|grant| {
                json!({"active": true, "client_id": client.client_id, "sub": grant.user.to_string(), "scope": grant.scope.to_string(),
                    "exp": refresh.expires_at / 1_000, "iss": issuer, "token_type": "refresh_token"})
            }));
        }
        let Some(token) = verified(self, token).await? else { return Ok(None) };
        let visible =
            token.client_id == client.client_id || (client.space != SpaceId(0) && client.space == token.space);
        if !visible || self.tokens.standing(&token).await?.is_none() {
            return Ok(None);
        }
        let mut body = json!({
            "active": true, "iss": issuer, "aud": issuer, "sub": token.sub, "client_id": token.client_id, "scope": token.scope.to_string(),
            "iat": token.iat, "exp": token.exp, "jti": token.jti, "token_type": if token.jkt.is_some() { "DPoP" } else { "Bearer" },
        });
        if let Some(body) = body.as_object_mut() {
            if let Some(jkt) = &token.jkt {
                body.insert("cnf".into(), json!({"jkt": jkt}));
            }
            if let Some(actor) = &token.actor {
                body.insert("act".into(), json!({"sub": actor}));
            }
        }
        Ok(Some(body))
    }
}
