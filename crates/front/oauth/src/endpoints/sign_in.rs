//! `/sign-in`, `/sign-in/second-factor`, `/sign-in/redeem`: how a person comes in with a browser. Where it goes on is
//! a handle or a user code, never an address, so that nobody can be led away.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response};
use axum::response::IntoResponse;
use kontor_http::ratelimit::WrongGuess;
use kontor_model::{Error, ErrorCode};

use super::{SESSION, see_other};
use crate::ask::Kept;
use crate::call::Call;
use crate::error::OAuthError;
use crate::form::Form;
use crate::people::SignIn;
use crate::{OAuth, pages, redirect};

pub(super) type Outcome = Result<Response<Body>, OAuthError>;

/// What is carried from step to step.
pub(super) const CARRIED: &[&str] = &["interaction", "user_code"];
/// Names of second factors.
const METHODS: &[&str] = &["passkey", "totp", "recovery_code"];

pub(super) fn shown(error: OAuthError) -> Response<Body> {
    if error.status >= 500 { error.into_response() } else { pages::failed(400, &error.description) }
}

/// The page; with `token`, the one where the link of an invitation or of a forgotten password leads.
pub async fn show(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Response<Body> {
    let outcome = async {
        let call = Call::of(request).await?;
        let form = call.query()?;
        if form.get("token").is_some() {
            return oauth.redeem_page(&call, &form, None).await;
        }
        if CARRIED.iter().all(|name| form.get(name).is_none())
            && let Some(session) = oauth.session(&call).await?
        {
            let guard = oauth.form_guard(&call)?;
            let csrf = oauth.form_token(&guard, &call)?;
            let fields = pages::Fields { hidden: &[("csrf", &csrf)], error: None, leads_to: "" };
            let mut page = pages::signed_in(&oauth.name_of(&session).await?, fields);
            oauth.keep_guard(&mut page, &guard);
            return Ok(page);
        }
        oauth.sign_in_page(&call, &form, None).await
    };
    outcome.await.unwrap_or_else(shown)
}

pub async fn enter(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Response<Body> {
    let outcome = async {
        let call = Call::of(request).await?;
        let form = call.form()?;
        if !oauth.is_own_form(&call, &form)? {
            return oauth.sign_in_page(&call, &form, Some("The page was too old. Please try again.")).await;
        }
        let (email, password) = (form.get("email").unwrap_or_default(), form.get("password").unwrap_or_default());
        if password.is_empty() {
            let choices = oauth.choices(&form, Some(email)).await?;
            if choices.is_empty() {
                return oauth.sign_in_page(&call, &form, Some("Please type your password.")).await;
            }
            return Ok(pages::go_on(email, &choices));
        }
        match oauth.people.sign_in(email, password, call.origin()).await {
            Ok(SignIn::Done(new)) => Ok(oauth.entered(&form, &new.token)),
            Ok(SignIn::SecondFactor { ticket, methods }) => {
                oauth.second_page(&call, &form, &ticket, &methods, None).await
            }
            Err(error) => {
                let guess = is_guess(&error);
                Ok(counted(guess, oauth.sign_in_page(&call, &form, Some(&said(error)?)).await?))
            }
        }
    };
    outcome.await.unwrap_or_else(shown)
}

/// Where somebody who came in goes on: to what waits for them of [`CARRIED`], or else to the interface.
pub(super) fn onward<'a>(carried: impl Fn(&str) -> Option<&'a str>) -> String {
    if let Some(handle) = carried("interaction") {
        redirect::with_query("/oauth/authorize", &[("interaction", handle)])
    } else if let Some(code) = carried("user_code") {
        redirect::with_query("/oauth/device", &[("user_code", code)])
    } else {
        "/app".to_owned()
    }
}

/// `GET` of the pages that follow: one that was reloaded; what it stood for is not in the address, so from the start.
pub async fn back() -> Response<Body> {
    see_other("/sign-in")
}

pub async fn second_factor(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Response<Body> {
    let outcome = async {
        let call = Call::of(request).await?;
        let form = call.form()?;
        if !oauth.is_own_form(&call, &form)? {
            return oauth.sign_in_page(&call, &form, Some("The page was too old. Please try again.")).await;
        }
        let ticket = form.need("ticket")?;
        let code: String = form.get("code").unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect();
        match oauth.people.second_factor(ticket, &code, call.origin()).await {
            Ok(new) => Ok(oauth.entered(&form, &new.token)),
            Err(error) => {
                let guess = is_guess(&error);
                Ok(counted(guess, oauth.second_page(&call, &form, ticket, &methods(&form), Some(&said(error)?)).await?))
            }
        }
    };
    outcome.await.unwrap_or_else(shown)
}

pub async fn redeem(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Response<Body> {
    let outcome = async {
        let call = Call::of(request).await?;
        let form = call.form()?;
        if !oauth.is_own_form(&call, &form)? {
            return oauth.redeem_page(&call, &form, Some("The page was too old. Please try again.")).await;
        }
        let (token, password) = (form.need("token")?, form.get("password").unwrap_or_default());
        match oauth.people.redeem(token, form.get("email"), password, call.origin()).await {
            Ok(SignIn::Done(new)) => Ok(oauth.entered(&form, &new.token)),
            Ok(SignIn::SecondFactor { ticket, methods }) => {
                oauth.second_page(&call, &form, &ticket, &methods, None).await
            }
            Err(error) => {
                let guess = is_guess(&error);
                Ok(counted(guess, oauth.redeem_page(&call, &form, Some(&said(error)?)).await?))
            }
        }
    };
    outcome.await.unwrap_or_else(shown)
}

/// The ways to the second factor, as the page before carried them.
pub(super) fn methods(form: &Form) -> Vec<String> {
    let said = form.get("methods").unwrap_or_default().split(' ');
    said.filter(|method| METHODS.contains(method)).map(str::to_owned).collect()
}

pub(super) fn is_guess(error: &Error) -> bool {
    error.code() == ErrorCode::BadCredential
}

/// The page of a refusal; after a wrong guess the door counts it against the address.
pub(super) fn counted(guess: bool, mut page: Response<Body>) -> Response<Body> {
    if guess {
        page.extensions_mut().insert(WrongGuess);
    }
    page
}

/// What the person reads of a refusal; a failure of ours is one.
pub(super) fn said(error: Error) -> Result<String, OAuthError> {
    if error.code().status() >= 500 { Err(error.into()) } else { Ok(error.detail().to_owned()) }
}

impl OAuth {
    pub(super) async fn sign_in_page(&self, call: &Call, form: &Form, error: Option<&str>) -> Outcome {
        let (hint, leads_to) = match form.get("interaction") {
            Some(handle) => match self.kept(Kept::Waiting, handle).await? {
                Some((_, ask)) => (ask.login_hint.clone(), redirect::policy_source(&ask.redirect_uri)),
                None => (None, String::new()),
            },
            None => (None, String::new()),
        };
        let email = form.get("email").or(hint.as_deref()).unwrap_or_default();
        let choices = self.choices(form, None).await?;
        let site = self.passkeys.party().map(|party| party.id.as_str());
        self.form_page(call, form, &[], error, &leads_to, |fields| pages::sign_in(fields, email, &choices, site))
    }

    pub(super) async fn second_page(
        &self,
        call: &Call,
        form: &Form,
        ticket: &str,
        methods: &[String],
        error: Option<&str>,
    ) -> Outcome {
        let leads_to = match form.get("interaction") {
            Some(handle) => {
                self.kept(Kept::Waiting, handle).await?.map(|(_, ask)| redirect::policy_source(&ask.redirect_uri))
            }
            None => None,
        };
        let leads_to = leads_to.unwrap_or_default();
        let site = self.passkeys.party().map(|party| party.id.as_str());
        let carried = methods.join(" ");
        let more = [("ticket", ticket), ("methods", carried.as_str())];
        self.form_page(call, form, &more, error, &leads_to, |fields| pages::second_factor(fields, methods, site))
    }

    /// Only the first owner's link asks for an address: the others are for one that is known.
    async fn redeem_page(&self, call: &Call, form: &Form, error: Option<&str>) -> Outcome {
        let token = form.get("token").unwrap_or_default();
        let email = match form.get("email") {
            None if self.people.asks_address(token).await? => Some(""),
            said => said,
        };
        self.form_page(call, form, &[("token", token)], error, "", |fields| pages::redeem(fields, email))
    }

    /// A page with the form's token and what is carried on.
    pub(super) fn form_page(
        &self,
        call: &Call,
        form: &Form,
        more: &[(&str, &str)],
        error: Option<&str>,
        leads_to: &str,
        draw: impl FnOnce(pages::Fields<'_>) -> Response<Body>,
    ) -> Outcome {
        let guard = self.form_guard(call)?;
        let csrf = self.form_token(&guard, call)?;
        let carried = CARRIED.iter().filter_map(|name| Some((*name, form.get(name)?)));
        let hidden: Vec<(&str, &str)> =
            [("csrf", csrf.as_str())].into_iter().chain(more.iter().copied()).chain(carried).collect();
        let mut page = draw(pages::Fields { hidden: &hidden, error, leads_to });
        self.keep_guard(&mut page, &guard);
        Ok(page)
    }

    /// The cookie, and on to where the person came from.
    pub(super) fn entered(&self, form: &Form, token: &str) -> Response<Body> {
        let mut response = see_other(&onward(|name| form.get(name)));
        self.set_cookie(&mut response, SESSION, token);
        response
    }
}
