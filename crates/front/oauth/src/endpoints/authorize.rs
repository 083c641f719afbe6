//! `GET`, `POST /oauth/authorize`: an application asks for access in a person's name (RFC 6749, 4.1.1; OAuth 2.1, 4.1;
//! OpenID Connect Core, 3.1.2).
//!
//! Until the redirect address is known to be the client's own, a fault is shown to the person; from then on it is
//! redirected with `error`, `state` and `iss` (RFC 9207). What is asked waits in the store under a handle while the
//! person signs in and decides.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response};
use axum::response::IntoResponse;
use kontor_store::system::oauth::OAUTH_CODE;

use super::see_other;
use crate::ask::{self, Ask, Kept};
use crate::call::Call;
use crate::clients::Client;
use crate::db::{self, Committed};
use crate::error::OAuthError;
use crate::form::Form;
use crate::people::Session;
use crate::{OAuth, grants, pages, random, redirect};

/// What RFC 6749 allows ten minutes for; a client needs seconds.
const CODE_MS: i64 = 60_000;
/// The prefix of handles of pushed requests (RFC 9126, 2.2).
pub const REQUEST_URI: &str = "urn:ietf:params:oauth:request_uri:";

type Outcome = Result<Response<Body>, OAuthError>;

pub async fn ask(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Response<Body> {
    let outcome = async {
        let call = Call::of(request).await?;
        let form = call.query()?;
        if let Some(handle) = form.get("interaction") {
            let (client, ask) = oauth.kept(Kept::Waiting, handle).await?.ok_or_else(gone)?;
            return oauth.proceed(&call, &client, ask, Some(handle)).await;
        }
        oauth.begin(&call, &form).await
    };
    outcome.await.unwrap_or_else(shown)
}

/// `POST /oauth/authorize`: the person's decision; or a request in a form (OpenID Connect Core, 3.1.2.1).
pub async fn decide(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Response<Body> {
    let outcome = async {
        let call = Call::of(request).await?;
        let form = call.form()?;
        let Some(handle) = form.get("interaction") else { return oauth.begin(&call, &form).await };
        let (client, ask) = oauth.kept(Kept::Waiting, handle).await?.ok_or_else(gone)?;
        let session = oauth.session(&call).await?;
        let Some(session) = session
            .filter(|session| client.serves(session.space) && !needs_sign_in(&ask, session, oauth.clock.now_ms()))
        else {
            return Ok(see_other(&redirect::with_query("/sign-in", &[("interaction", handle)])));
        };
        if !oauth.is_own_form(&call, &form)? {
            return Err(OAuthError::invalid_request("this form was not shown to you; start again"));
        }
        if form.get("decision") == Some("allow") {
            return oauth.give_code(&client, &ask, &session, Some(handle)).await;
        }
        if !oauth.use_up(handle).await? {
            return Err(gone());
        }
        Ok(oauth.denied(&ask, &OAuthError::new("access_denied", "the person did not agree")))
    };
    outcome.await.unwrap_or_else(shown)
}

fn gone() -> OAuthError {
    OAuthError::invalid_request("this request is unknown, used or too old")
}

fn shown(error: OAuthError) -> Response<Body> {
    if error.status >= 500 { error.into_response() } else { pages::failed(error.status.min(400), &error.description) }
}

fn needs_sign_in(ask: &Ask, session: &Session, now: i64) -> bool {
    let again = (ask.prompts("login") || ask.prompts("select_account")) && session.auth_time < ask.asked_at;
    // Measured from the request: reading the consent page does not make a sign-in old.
    let old = ask.max_age.is_some_and(|seconds| session.auth_time < ask.asked_at.min(now) - seconds * 1_000);
    again || old
}

impl OAuth {
    async fn begin(&self, call: &Call, form: &Form) -> Outcome {
        let client_id = form.need("client_id")?;
        let client = self.clients.find(client_id).await?;
        let client = client.ok_or_else(|| OAuthError::invalid_request("the application is not known here"))?;
        if let Some(request_uri) = form.get("request_uri") {
            let handle = request_uri.strip_prefix(REQUEST_URI).unwrap_or_default();
            let pushed = self.kept(Kept::Pushed, handle).await?.filter(|(pusher, _)| pusher.id == client.id);
            let (_, ask) = pushed.ok_or_else(gone)?;
            if !self.use_up(handle).await? {
                return Err(gone());
            }
            return self.proceed(call, &client, ask, None).await;
        }
        let redirect_uri = ask::redirect_uri(form, &client)?;
        let read = if client.metadata.require_pushed_authorization_requests {
            Err(OAuthError::invalid_request("this client pushes its requests to /oauth/par"))
        } else {
            ask::read(form, &client, redirect_uri.clone(), &self.issuer, self.clock.now_ms())
        };
        match read {
            Ok(ask) => self.proceed(call, &client, ask, None).await,
            Err(error) => Ok(self.refuse(&redirect_uri, form.get("state"), &error)),
        }
    }

    async fn proceed(&self, call: &Call, client: &Client, ask: Ask, handle: Option<&str>) -> Outcome {
        let silent = ask.prompts("none");
        let session = self.session(call).await?;
        let session = session.filter(|session| !needs_sign_in(&ask, session, self.clock.now_ms()));
        let Some(session) = session else {
            if silent {
                return Ok(self.denied(&ask, &OAuthError::new("login_required", "the person is not signed in")));
            }
            let handle = self.handle(client, &ask, handle).await?;
            return Ok(see_other(&redirect::with_query("/sign-in", &[("interaction", &handle)])));
        };
        if !client.serves(session.space) {
            return Ok(self.denied(&ask, &OAuthError::new("access_denied", "the application belongs to another space")));
        }
        // An address that any program on the machine can take says nothing of who asks (RFC 8252, 8.6).
        let is_sure = !client.is_public() || ask.redirect_uri.starts_with("https://");
        let is_own = client.is_own_page(&ask.redirect_uri) && !ask.prompts("consent");
        let agreed = is_own
            || is_sure && !ask.prompts("consent") && self.has_agreed(client.id, session.user, &ask.scope()).await?;
        if agreed {
            return self.give_code(client, &ask, &session, handle).await;
        }
        if silent {
            return Ok(self.denied(&ask, &OAuthError::new("consent_required", "the person has not agreed to this yet")));
        }
        let handle = self.handle(client, &ask, handle).await?;
        let guard = self.form_guard(call)?;
        let csrf = self.form_token(&guard, call)?;
        let source = redirect::policy_source(&ask.redirect_uri);
        let fields =
            pages::Fields { hidden: &[("csrf", &csrf), ("interaction", &handle)], error: None, leads_to: &source };
        let person = self.name_of(&session).await?;
        let mut page = pages::consent(client, &ask.scope(), &person, &source, "/oauth/authorize", fields);
        self.keep_guard(&mut page, &guard);
        Ok(page)
    }

    async fn handle(&self, client: &Client, ask: &Ask, handle: Option<&str>) -> Result<String, OAuthError> {
        match handle {
            Some(handle) => Ok(handle.to_owned()),
            None => Ok(self.keep(Kept::Waiting, client.id, ask).await?),
        }
    }

    /// A code with the grant that it stands for; the request is used up in the same commit.
    async fn give_code(&self, client: &Client, ask: &Ask, session: &Session, handle: Option<&str>) -> Outcome {
        let code = random::token("")?;
        let now = self.clock.now_ms();
        let mut grant = self.new_grant(client.id, session.space, session.user, ask.scope());
        grant.amr.clone_from(&session.amr);
        grant.auth_time = session.auth_time;
        let mut batch = db::batch();
        batch.writes.extend(handle.map(|handle| self.used_up(handle)));
        batch.writes.push(grants::made(&grant, now));
        batch.writes.push(db::insert(
            OAUTH_CODE,
            vec![
                db::text("hash", &random::hash(&code)),
                db::int("grant_id", grant.id.0),
                db::int("client", client.id.0),
                db::text("redirect_uri", &ask.redirect_uri),
                db::text("challenge", &ask.challenge),
                db::opt_text("nonce", ask.nonce.as_deref()),
                db::opt_text("jkt", ask.jkt.as_deref()),
                db::int("state", 0),
                db::int("expires_at", now + CODE_MS),
            ],
        ));
        if db::commit(&*self.store, batch).await? != Committed::Done {
            return Err(gone());
        }
        let state = ask.state.as_deref().map(|state| ("state", state));
        let pairs: Vec<(&str, &str)> =
            [("code", code.as_str())].into_iter().chain(state).chain([("iss", &*self.issuer)]).collect();
        Ok(see_other(&redirect::with_query(&ask.redirect_uri, &pairs)))
    }

    fn denied(&self, ask: &Ask, error: &OAuthError) -> Response<Body> {
        self.refuse(&ask.redirect_uri, ask.state.as_deref(), error)
    }

    fn refuse(&self, redirect_uri: &str, state: Option<&str>, error: &OAuthError) -> Response<Body> {
        let mut pairs = vec![("error", error.code), ("error_description", error.description.as_str())];
        pairs.extend(state.map(|state| ("state", state)));
        pairs.push(("iss", &self.issuer));
        see_other(&redirect::with_query(redirect_uri, &pairs))
    }
}
