//! `/sign-in/passkeys`: one's own passkeys on a page.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response};
use kontor_identity::accounts::Session;
use kontor_model::{Error, Id};

use super::passkey::{asked, credential, question, strange};
use super::sign_in::{Outcome, counted, is_guess, said, shown};
use super::{SESSION, see_other};
use crate::call::Call;
use crate::{OAuth, pages};

const PAGE: &str = "/sign-in/passkeys";

pub async fn show(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Response<Body> {
    let outcome = async {
        let call = Call::of(request).await?;
        match oauth.holder(&call).await? {
            Some(session) => oauth.passkeys_page(&call, &session, None).await,
            None => Ok(see_other("/sign-in")),
        }
    };
    outcome.await.unwrap_or_else(shown)
}

/// `POST /sign-in/passkeys/begin`
pub async fn begin(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Response<Body> {
    let mut guess = false;
    let outcome = async {
        let call = Call::of(request).await?;
        let form = call.form()?;
        let Some(session) = oauth.holder(&call).await?.filter(|_| oauth.is_own_form(&call, &form).unwrap_or(false))
        else {
            return Err(strange());
        };
        let password = form.get("password").unwrap_or_default();
        let options = oauth.passkeys.begin(&session, password, asked(&call)).await;
        guess = options.as_ref().is_err_and(is_guess);
        Ok(options?)
    };
    let outcome = outcome.await;
    question(outcome, guess)
}

pub async fn add(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Response<Body> {
    let outcome = async {
        let call = Call::of(request).await?;
        let form = call.form()?;
        let Some(session) = oauth.holder(&call).await? else { return Ok(see_other("/sign-in")) };
        if !oauth.is_own_form(&call, &form)? {
            return oauth.passkeys_page(&call, &session, Some("The page was too old. Please try again.")).await;
        }
        let added = match credential(&form) {
            Ok(credential) => oauth.passkeys.add(&session, form.get("name"), &credential, asked(&call)).await,
            Err(error) => Err(error),
        };
        match added {
            Ok(added) => Ok(match added.recovery_codes {
                Some(codes) => pages::recovery_codes(&codes),
                None => see_other(PAGE),
            }),
            Err(error) => oauth.passkeys_page(&call, &session, Some(&said(error)?)).await,
        }
    };
    outcome.await.unwrap_or_else(shown)
}

/// `POST /sign-in/passkeys/remove`
pub async fn remove(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Response<Body> {
    let outcome = async {
        let call = Call::of(request).await?;
        let form = call.form()?;
        let Some(session) = oauth.holder(&call).await? else { return Ok(see_other("/sign-in")) };
        if !oauth.is_own_form(&call, &form)? {
            return oauth.passkeys_page(&call, &session, Some("The page was too old. Please try again.")).await;
        }
        let id: Option<Id> = form.get("id").and_then(|id| id.parse().ok());
        let password = form.get("password").unwrap_or_default();
        let removed = match id {
            Some(id) => oauth.passkeys.remove(&session, id, password, asked(&call)).await,
            None => Err(Error::not_found()),
        };
        match removed {
            Ok(()) => Ok(see_other(PAGE)),
            Err(error) => {
                let guess = is_guess(&error);
                Ok(counted(guess, oauth.passkeys_page(&call, &session, Some(&said(error)?)).await?))
            }
        }
    };
    outcome.await.unwrap_or_else(shown)
}

impl OAuth {
    /// The session of the browser.
    async fn holder(&self, call: &Call) -> Result<Option<Session>, Error> {
        match call.cookie(SESSION) {
            Some(token) => self.passkeys.session(token).await,
            None => Ok(None),
        }
    }

    async fn passkeys_page(&self, call: &Call, session: &Session, error: Option<&str>) -> Outcome {
        let guard = self.form_guard(call)?;
        let csrf = self.form_token(&guard, call)?;
        let all = self.passkeys.list(session).await?;
        let fields = pages::Fields { hidden: &[("csrf", &csrf)], error, leads_to: "" };
        let mut page = pages::passkeys(&all, self.passkeys.party(), fields);
        self.keep_guard(&mut page, &guard);
        Ok(page)
    }
}
