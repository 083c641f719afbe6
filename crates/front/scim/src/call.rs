//! A request as the endpoints see it, and its way through the engine.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, Request, Response, Uri};
use axum::response::IntoResponse;
use bytes::Bytes;
use futures::future::BoxFuture;
use kontor_http::etag::Tags;
use kontor_http::{Admitted, body};
use kontor_model::{Error, ErrorCode, Id};
use kontor_records::{Caller, Ctx, Scopes};
use serde_json::Value as J;

use crate::Scim;
use crate::error::{Kind, Refused, SCIM_JSON, absent, refused};

/// What the endpoints do with the engine, whatever the credential's scope says of other doors.
const SCOPES: &[&str] = &[
    "users:read",
    "users:write",
    "teams:read",
    "teams:write",
    "team_members:read",
    "team_members:write",
    "roles:read",
];

/// One request.
pub struct Call {
    pub admitted: Admitted,
    headers: HeaderMap,
    body: Bytes,
    uri: Uri,
}

impl Call {
    async fn of(request: Request<Body>) -> Result<Self, Refused> {
        let (parts, body) = request.into_parts();
        let admitted = Admitted::of(&parts.extensions)?.clone();
        let body = axum::body::to_bytes(body, usize::MAX)
            .await
            .map_err(|_| refused(Kind::InvalidSyntax, "the body broke off before its end"))?;
        Ok(Self { admitted, headers: parts.headers, body, uri: parts.uri })
    }

    /// The last part of the path.
    pub fn last(&self) -> &str {
        self.uri.path().rsplit('/').next().unwrap_or_default()
    }

    /// The resource's id.
    ///
    /// # Errors
    /// 404 for what is none.
    pub fn id(&self) -> Result<Id, Refused> {
        self.last().parse().map_err(|_| absent())
    }

    /// The query's parameters by name; the last of each counts, unknown ones are left alone.
    pub fn query(&self) -> BTreeMap<String, String> {
        url::form_urlencoded::parse(self.uri.query().unwrap_or_default().as_bytes()).into_owned().collect()
    }

    /// The body as a JSON object.
    ///
    /// # Errors
    /// 415 for another type, invalidSyntax.
    pub fn object(&self) -> Result<J, Refused> {
        let media = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media = media.split(';').next().unwrap_or_default().trim();
        if ![SCIM_JSON, "application/json"].iter().any(|known| media.eq_ignore_ascii_case(known)) {
            return Err(Refused::Scim(415, None, format!("send Content-Type: {SCIM_JSON}")));
        }
        body::object(&self.body)?;
        serde_json::from_slice(&self.body).map_err(|error| refused(Kind::InvalidSyntax, error.to_string()))
    }

    fn tags(&self, name: &HeaderName) -> Result<Option<Tags>, Refused> {
        let Some(header) = self.headers.get(name) else { return Ok(None) };
        let tags = Tags::parse(header.to_str().unwrap_or_default());
        tags.map(Some).map_err(|why| refused(Kind::InvalidSyntax, format!("{name}: {why}")))
    }

    /// Whether the caller has this version already (RFC 7644, 3.14).
    ///
    /// # Errors
    /// invalidSyntax.
    pub fn has(&self, version: &str) -> Result<bool, Refused> {
        Ok(self.tags(&IF_NONE_MATCH)?.is_some_and(|tags| tags.weakly(version)))
    }

    /// Whether the caller means this version; true when it does not say.
    ///
    /// # Errors
    /// 412.
    pub fn meant(&self, version: &str) -> Result<bool, Refused> {
        let Some(tags) = self.tags(&IF_MATCH)? else { return Ok(false) };
        if tags.weakly(version) {
            return Ok(true);
        }
        Err(Refused::Scim(412, None, "the resource has changed since it was read: read it again".to_owned()))
    }
}

impl Scim {
    /// The request's way through the engine: with the scope `scim` or `admin`, and a role that manages the space.
    ///
    /// # Errors
    /// 403.
    pub async fn ctx(&self, call: &Call) -> Result<Ctx, Refused> {
        let caller = call.admitted.caller()?;
        if !caller.scopes.any(&["scim"]) {
            return Err(Error::new(ErrorCode::ScopeMissing, "this credential lacks the scope scim")
                .with_scope("scim")
                .into());
        }
        if !caller.policy.manages {
            let detail =
                format!("the role {} may not manage users; a directory's key has the role admin", caller.policy.role);
            return Err(Error::new(ErrorCode::Forbidden, detail).into());
        }
        let caller = Caller { scopes: Scopes::new(SCOPES.iter().copied()), ..(**caller).clone() };
        let catalog = self.catalogs.get(caller.space).await?;
        Ok(Ctx {
            trace: call.admitted.trace.clone(),
            origin: call.admitted.origin(),
            ..Ctx::new(Arc::new(caller), catalog, call.admitted.request_id.clone())
        })
    }
}

/// An endpoint as a handler.
pub fn on<F, Answered>(
    scim: &Arc<Scim>,
    endpoint: F,
) -> impl Fn(Request<Body>) -> BoxFuture<'static, Response<Body>> + Clone + Send + Sync + 'static
where
    F: Fn(Arc<Scim>, Call) -> Answered + Clone + Send + Sync + 'static,
    Answered: Future<Output = Result<Response<Body>, Refused>> + Send + 'static,
{
    let scim = scim.clone();
    move |request| {
        let (scim, endpoint) = (scim.clone(), endpoint.clone());
        Box::pin(async move {
            let outcome = match Call::of(request).await {
                Ok(call) => endpoint(scim, call).await,
                Err(error) => Err(error),
            };
            outcome.unwrap_or_else(IntoResponse::into_response)
        })
    }
}
