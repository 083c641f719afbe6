//! What these endpoints share.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::USER_AGENT;
use axum::http::{Request, Response, StatusCode};
use axum::response::IntoResponse;
use futures::future::BoxFuture;
use kontor_http::{Refusal, envelope, reply};
use kontor_identity::accounts::{Accounts, Asked, Origin, Passkeys, Session};
use kontor_identity::keys::Keys;
use kontor_identity::roles::Roles;
use kontor_identity::spaces::Founding;
use kontor_model::{Error, ErrorCode, Result};
use kontor_oauth::OAuth;
use kontor_oauth::providers::Federation;
use serde_json::Value as J;

use crate::{Api, Call};

/// Logins and keys as the endpoints use them.
pub struct Desk {
    pub api: Arc<Api>,
    pub accounts: Arc<Accounts>,
    pub passkeys: Arc<Passkeys>,
    pub keys: Arc<Keys>,
    pub founding: Arc<Founding>,
    pub roles: Arc<Roles>,
    pub federation: Arc<Federation>,
    pub oauth: Arc<OAuth>,
}

impl Desk {
    /// The session that the request came with.
    ///
    /// # Errors
    /// 403000 for a key or token: what is a person's own is changed by the person.
    pub async fn session(&self, call: &Call) -> Result<Session> {
        let caller = call.admitted.caller()?;
        let session = self.accounts.session_by_id(caller.key_id).await?;
        session.ok_or_else(|| Error::new(ErrorCode::Forbidden, "only a person who is signed in may do this, not a key"))
    }
}

/// An endpoint over the desk as a handler.
pub fn on<F, Answered>(
    desk: &Arc<Desk>,
    endpoint: F,
) -> impl Fn(Request<Body>) -> BoxFuture<'static, Response<Body>> + Clone + Send + Sync + 'static
where
    F: Fn(Arc<Desk>, Call) -> Answered + Clone + Send + Sync + 'static,
    Answered: Future<Output = Result<Response<Body>>> + Send + 'static,
{
    let desk = desk.clone();
    move |request| {
        let (desk, endpoint) = (desk.clone(), endpoint.clone());
        Box::pin(async move {
            let outcome = match Call::of(request).await {
                Ok(call) => endpoint(desk, call).await,
                Err(error) => Err(error),
            };
            outcome.unwrap_or_else(|error| Refusal(error).into_response())
        })
    }
}

/// Where the request came from.
pub fn origin(call: &Call) -> Origin<'_> {
    let agent = call.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    Origin { ip: call.admitted.client, user_agent: agent.unwrap_or_default() }
}

/// The request, for what is done with passkeys.
pub fn asked(call: &Call) -> Asked<'_> {
    Asked { origin: origin(call), request_id: call.request_id() }
}

/// An answer of one thing.
pub fn single(call: &Call, status: StatusCode, data: &J) -> Response<Body> {
    reply::json(status, envelope::single(status.as_u16(), data.to_string().as_bytes(), call.request_id()))
}

/// An answer of all there is.
pub fn list(call: &Call, items: &[J]) -> Response<Body> {
    let data = items.iter().map(J::to_string).collect::<Vec<_>>().join(",");
    reply::json(StatusCode::OK, envelope::list(data.as_bytes(), None, call.request_id()))
}
