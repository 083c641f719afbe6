//! `GET`, `POST /oauth/end_session`: signing out (OpenID Connect RP-Initiated Logout 1.0). Without an ID token of the
//! person who is signed in, the person is asked first; the browser goes on only to an address that the client has
//! registered for this.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response};
use axum::response::IntoResponse;
use serde_json::Value as J;

use super::{SESSION, see_other};
use crate::call::Call;
use crate::clients::Client;
use crate::error::OAuthError;
use crate::form::Form;
use crate::jose::Jws;
use crate::{OAuth, pages, redirect};

fn shown(error: OAuthError) -> Response<Body> {
    if error.status >= 500 { error.into_response() } else { pages::failed(400, &error.description) }
}

pub async fn ask(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Response<Body> {
    let outcome = async {
        let call = Call::of(request).await?;
        let form = call.query()?;
        let hint = oauth.hinted(&form).await?;
        let Some(session) = oauth.session(&call).await? else { return oauth.left(&call, &form, hint).await };
        if hint.as_ref().is_some_and(|(_, sub)| *sub == session.user.to_string()) {
            return oauth.left(&call, &form, hint).await;
        }
        let guard = oauth.form_guard(&call)?;
        let csrf = oauth.form_token(&guard, &call)?;
        let carried = ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"];
        let carried = carried.iter().filter_map(|name| Some((*name, form.get(name)?)));
        let hidden: Vec<(&str, &str)> = [("csrf", csrf.as_str())].into_iter().chain(carried).collect();
        let source = form.get("post_logout_redirect_uri").map(redirect::policy_source).unwrap_or_default();
        let source = if redirect::check(form.get("post_logout_redirect_uri").unwrap_or_default()).is_ok() {
            source
        } else {
            String::new()
        };
        let mut page = pages::leaving(pages::Fields { hidden: &hidden, error: None, leads_to: &source });
        oauth.keep_guard(&mut page, &guard);
        Ok(page)
    };
    outcome.await.unwrap_or_else(shown)
}

pub async fn leave(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Response<Body> {
    let outcome = async {
        let call = Call::of(request).await?;
        let form = call.form()?;
        let hint = oauth.hinted(&form).await?;
        let session = oauth.session(&call).await?;
        let by_hint = match (&session, &hint) {
            (Some(session), Some((_, sub))) => *sub == session.user.to_string(),
            _ => false,
        };
        if session.is_some() && !by_hint && !oauth.is_own_form(&call, &form)? {
            return Err(OAuthError::invalid_request("this form was not shown to you; open /sign-in to sign out"));
        }
        oauth.left(&call, &form, hint).await
    };
    outcome.await.unwrap_or_else(shown)
}

impl OAuth {
    /// Client and subject of `id_token_hint`; an old one is as good as a new one.
    async fn hinted(&self, form: &Form) -> Result<Option<(Client, String)>, OAuthError> {
        let Some(jws) = form.get("id_token_hint").and_then(Jws::parse) else { return Ok(None) };
        if jws.typ() != "jwt" {
            return Ok(None);
        }
        let Some(key) = self.ring.find(jws.kid().unwrap_or_default()).await? else { return Ok(None) };
        let Some(claims) = jws.verified(&key.public) else { return Ok(None) };
        let text = |name: &str| claims.get(name).and_then(J::as_str);
        let (Some(sub), Some(client_id)) = (text("sub"), text("aud").filter(|_| text("iss") == Some(&*self.issuer)))
        else {
            return Ok(None);
        };
        let client = self.clients.known(client_id).await?.filter(|client| !client.revoked);
        Ok(client.map(|client| (client, sub.to_owned())))
    }

    async fn left(
        &self,
        call: &Call,
        form: &Form,
        hint: Option<(Client, String)>,
    ) -> Result<Response<Body>, OAuthError> {
        if let Some(token) = call.cookie(SESSION) {
            self.people.sign_out(token).await?;
        }
        let client = match (hint, form.get("client_id")) {
            (Some((client, _)), None) => Some(client),
            (Some((client, _)), Some(said)) => Some(client).filter(|client| client.client_id == said),
            (None, Some(said)) => self.clients.known(said).await?.filter(|client| !client.revoked),
            (None, None) => None,
        };
        let target = form.get("post_logout_redirect_uri").filter(|given| {
            let registered = client.iter().flat_map(|client| &client.metadata.post_logout_redirect_uris);
            registered.into_iter().any(|known| redirect::matches(known, given))
        });
        let mut response = match target {
            Some(target) => {
                let state: Vec<(&str, &str)> = form.get("state").map(|state| ("state", state)).into_iter().collect();
                see_other(&if state.is_empty() { target.to_owned() } else { redirect::with_query(target, &state) })
            }
            None => pages::signed_out(),
        };
        self.set_cookie(&mut response, SESSION, "");
        Ok(response)
    }
}
