//! `GET /oauth/providers/{id}/start` and `…/callback`: to a company's own provider and back. Links, not forms: a form's
//! redirects are held to the page's policy, and nobody knows through which addresses a provider leads.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Request, Response};
use axum::response::IntoResponse;
use kontor_identity::providers::Provider;

use super::{SESSION, see_other};
use crate::ask::Kept;
use crate::call::Call;
use crate::endpoints::sign_in::{CARRIED, onward};
use crate::error::OAuthError;
use crate::form::Form;
use crate::providers::{Broken, Came, Carried, Start};
use crate::{OAuth, pages, redirect};

fn shown(error: OAuthError) -> Response<Body> {
    if error.status >= 500 { error.into_response() } else { pages::failed(400, &error.description) }
}

fn unknown() -> OAuthError {
    OAuthError::invalid_request("this provider is not known here, or is not in use")
}

/// To the provider.
pub async fn start(State(oauth): State<Arc<OAuth>>, Path(id): Path<String>, request: Request<Body>) -> Response<Body> {
    let outcome = async {
        let call = Call::of(request).await?;
        let form = call.query()?;
        let provider = oauth.federation.usable(&id).await?.ok_or_else(unknown)?;
        let pairs = CARRIED.iter().filter_map(|name| Some(((*name).to_owned(), form.get(name)?.to_owned())));
        let carried = Carried(pairs.collect());
        let guard = oauth.form_guard(&call)?;
        let start = Start {
            browser: &guard.cookie,
            carried: &carried,
            login_hint: form.get("login_hint"),
            again: oauth.asks_again(&form).await?,
        };
        let mut response = match oauth.federation.start(&provider, &start).await? {
            Ok(url) => see_other(url.as_str()),
            Err(broken) => oauth.not_signed_in(&call, &provider, &carried, &broken),
        };
        oauth.keep_guard(&mut response, &guard);
        Ok::<_, OAuthError>(response)
    };
    outcome.await.unwrap_or_else(shown)
}

/// Back from the provider.
pub async fn callback(
    State(oauth): State<Arc<OAuth>>,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Response<Body> {
    let outcome = async {
        let call = Call::of(request).await?;
        let form = call.query()?;
        let provider = oauth.federation.usable(&id).await?.ok_or_else(unknown)?;
        let browser = oauth.form_guard(&call)?;
        match oauth.federation.came_back(&provider, &browser.cookie, &form).await? {
            Came::Strange => Err(OAuthError::invalid_request(
                "this sign-in is unknown, too old, was used already, or began in another browser; start again",
            )),
            Came::Broken(carried, broken) => Ok(oauth.not_signed_in(&call, &provider, &carried, &broken)),
            Came::SignedIn(carried, who) => {
                let request_id = call.admitted.request_id.to_string();
                match oauth.people.enter(&provider, &who, call.origin(), &request_id).await {
                    Ok(new) => {
                        let mut response = see_other(&onward(|name| carried.get(name)));
                        oauth.set_cookie(&mut response, SESSION, &new.token);
                        Ok(response)
                    }
                    Err(error) if error.code().status() < 500 => {
                        let why = error.detail().to_owned();
                        tracing::info!(provider = provider.id.0, why, request_id, "somebody may not come in");
                        Ok(pages::not_admitted(&why, &again(&carried)))
                    }
                    Err(error) => Err(error.into()),
                }
            }
        }
    };
    outcome.await.unwrap_or_else(shown)
}

/// Where a person starts again.
fn again(carried: &Carried) -> String {
    let pairs: Vec<(&str, &str)> = carried.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    if pairs.is_empty() { "/sign-in".to_owned() } else { redirect::with_query("/sign-in", &pairs) }
}

impl OAuth {
    fn not_signed_in(&self, call: &Call, provider: &Provider, carried: &Carried, broken: &Broken) -> Response<Body> {
        let request_id = &*call.admitted.request_id;
        tracing::warn!(provider = provider.id.0, why = broken.0, request_id, "a provider did not sign somebody in");
        pages::not_signed_in(&provider.name, &broken.0, request_id, &again(carried))
    }

    /// Whether the application that waits wants the person to show anew who they are.
    async fn asks_again(&self, form: &Form) -> Result<bool, OAuthError> {
        let Some(handle) = form.get("interaction") else { return Ok(false) };
        let kept = self.kept(Kept::Waiting, handle).await?;
        Ok(kept.is_some_and(|(_, ask)| ask.prompts("login") || ask.max_age.is_some()))
    }

    /// The providers that a person may be offered here; all of them, or those that vouch for an address.
    pub(super) async fn choices(&self, form: &Form, email: Option<&str>) -> Result<Vec<pages::Choice>, OAuthError> {
        let client = match form.get("interaction") {
            Some(handle) => self.kept(Kept::Waiting, handle).await?.map(|(client, _)| client),
            None => None,
        };
        let mut all = self.federation.kept().enabled().await?;
        all.retain(|provider| client.as_ref().is_none_or(|client| client.serves(provider.space)));
        if let Some(email) = email {
            all.retain(|provider| provider.vouches_for(email));
        }
        let carried = CARRIED.iter().filter_map(|name| Some((*name, form.get(name)?)));
        let pairs: Vec<(&str, &str)> = carried.chain(email.map(|email| ("login_hint", email))).collect();
        let one = |provider: &Provider| {
            let path = format!("/oauth/providers/{}/start", provider.id);
            let href = if pairs.is_empty() { path } else { redirect::with_query(&path, &pairs) };
            pages::Choice { name: provider.name.clone(), href }
        };
        Ok(all.iter().map(one).collect())
    }
}
