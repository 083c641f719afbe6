//! `GET`, `POST /oauth/device`: a person types the code that a device shows, sees what the device asks for, and decides
//! (RFC 8628, 3.3). Ten wrong codes in a minute are all that a session has.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response};
use axum::response::IntoResponse;
use kontor_model::{Id, Kind};
use kontor_store::system::oauth::OAUTH_DEVICE;

use super::device_authorization::state;
use super::see_other;
use crate::call::Call;
use crate::clients::Client;
use crate::db::{self, Committed};
use crate::error::OAuthError;
use crate::people::Session;
use crate::scope::Scope;
use crate::{OAuth, grants, pages, random, redirect};

const COLUMNS: &[(&str, Kind)] = &[
    ("hash", Kind::Text),
    ("client", Kind::Int),
    ("scope", Kind::Text),
    ("state", Kind::Int),
    ("expires_at", Kind::Int),
];

struct Waiting {
    hash: String,
    client: Client,
    scope: Scope,
}

fn shown(error: OAuthError) -> Response<Body> {
    if error.status >= 500 { error.into_response() } else { pages::failed(400, &error.description) }
}

fn to_sign_in(code: &str) -> Response<Body> {
    // A value that is there even when no code is: it says where to go on.
    let code = if code.is_empty() { "-" } else { code };
    see_other(&redirect::with_query("/sign-in", &[("user_code", code)]))
}

pub async fn ask(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Response<Body> {
    let outcome = async {
        let call = Call::of(request).await?;
        let form = call.query()?;
        let code = form.get("user_code").unwrap_or_default();
        if oauth.session(&call).await?.is_none() {
            return Ok(to_sign_in(code));
        }
        oauth.code_page(&call, code.trim_matches('-'), None)
    };
    outcome.await.unwrap_or_else(shown)
}

pub async fn decide(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Response<Body> {
    let outcome = async {
        let call = Call::of(request).await?;
        let form = call.form()?;
        let typed = form.get("user_code").unwrap_or_default();
        let Some(session) = oauth.session(&call).await? else { return Ok(to_sign_in(typed)) };
        if !oauth.is_own_form(&call, &form)? {
            return oauth.code_page(&call, typed, Some("The page was too old. Please try again."));
        }
        let now = oauth.clock.now_ms();
        let attempts = format!("device {}", session.id);
        let spent = || oauth.code_page(&call, "", Some("Too many wrong codes. Wait a minute."));
        if oauth.attempts.are_spent(&attempts, now) {
            return spent();
        }
        let waiting = match random::typed_user_code(typed) {
            Some(code) => oauth.waiting(&code).await?.filter(|waiting| waiting.client.serves(session.space)),
            None => None,
        };
        // Of guesses that came in together, those behind the last that is taken learn nothing.
        if oauth.attempts.are_spent(&attempts, now) {
            return spent();
        }
        let Some(waiting) = waiting else {
            if !oauth.attempts.count(&attempts, now) {
                return spent();
            }
            return oauth.code_page(&call, "", Some("This code is unknown, used or too old."));
        };
        match form.get("decision") {
            None => oauth.device_consent(&call, &session, &waiting, typed).await,
            Some(decision) => {
                let allowed = decision == "allow";
                oauth.decide_device(&session, &waiting, allowed).await?;
                Ok(pages::device_done(allowed))
            }
        }
    };
    outcome.await.unwrap_or_else(shown)
}

impl OAuth {
    fn code_page(&self, call: &Call, code: &str, error: Option<&str>) -> Result<Response<Body>, OAuthError> {
        let guard = self.form_guard(call)?;
        let csrf = self.form_token(&guard, call)?;
        let mut page = pages::device_code(pages::Fields { hidden: &[("csrf", &csrf)], error, leads_to: "" }, code);
        self.keep_guard(&mut page, &guard);
        Ok(page)
    }

    async fn waiting(&self, code: &str) -> Result<Option<Waiting>, OAuthError> {
        let same = vec![db::text("user_code", &random::hash(code)), db::int("state", state::PENDING)];
        let Some(row) = db::one(&*self.store, OAUTH_DEVICE, COLUMNS, same).await? else { return Ok(None) };
        if row.int("expires_at") <= self.clock.now_ms() {
            return Ok(None);
        }
        let client = self.clients.get(Id(row.int("client"))).await?.filter(|client| !client.revoked);
        Ok(client.map(|client| Waiting { hash: row.text("hash"), client, scope: Scope::stored(&row.text("scope")) }))
    }

    async fn device_consent(
        &self,
        call: &Call,
        session: &Session,
        waiting: &Waiting,
        code: &str,
    ) -> Result<Response<Body>, OAuthError> {
        let guard = self.form_guard(call)?;
        let csrf = self.form_token(&guard, call)?;
        let fields = pages::Fields { hidden: &[("csrf", &csrf), ("user_code", code)], error: None, leads_to: "" };
        let person = self.name_of(session).await?;
        let mut page = pages::consent(&waiting.client, &waiting.scope, &person, "", "/oauth/device", fields);
        self.keep_guard(&mut page, &guard);
        Ok(page)
    }

    async fn decide_device(&self, session: &Session, waiting: &Waiting, allowed: bool) -> Result<(), OAuthError> {
        let mut batch = db::batch();
        let pending = vec![db::text("hash", &waiting.hash), db::int("state", state::PENDING)];
        if allowed {
            let mut grant = self.new_grant(waiting.client.id, session.space, session.user, waiting.scope.clone());
            grant.amr.clone_from(&session.amr);
            grant.auth_time = session.auth_time;
            let set = vec![db::int("state", state::ALLOWED), db::int("grant_id", grant.id.0)];
            batch.writes.push(db::update(OAUTH_DEVICE, pending, set));
            batch.writes.push(grants::made(&grant, self.clock.now_ms()));
        } else {
            batch.writes.push(db::update(OAUTH_DEVICE, pending, vec![db::int("state", state::DENIED)]));
        }
        match db::commit(&*self.store, batch).await? {
            Committed::Done => Ok(()),
            _ => Err(OAuthError::invalid_request("this code was used meanwhile")),
        }
    }
}
