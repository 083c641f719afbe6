//! What all endpoints share: the engine, and how a request becomes a question to it.

use std::future::Future;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, Response};
use axum::response::IntoResponse;
use futures::future::BoxFuture;
use kontor_catalog::{Catalogs, Metadata, ObjectDef};
use kontor_http::Refusal;
use kontor_model::{Error, ErrorCode, Result, name};
use kontor_records::{Ctx, Records};

use crate::call::Call;

/// The engine as the endpoints use it.
pub struct Api {
    pub records: Arc<Records>,
    pub catalogs: Arc<Catalogs>,
    pub metadata: Arc<Metadata>,
}

impl Api {
    /// The request's way through the engine, by the catalog of its version.
    ///
    /// # Errors
    /// 401000 without a caller; the database's.
    pub async fn ctx(&self, call: &Call) -> Result<Ctx> {
        let caller = call.admitted.caller()?.clone();
        let catalog = self.catalogs.get(caller.space).await?.seen(call.version)?;
        Ok(Ctx {
            trace: call.admitted.trace.clone(),
            idempotency: call.admitted.idempotency.clone(),
            origin: call.admitted.origin(),
            ..Ctx::new(caller, catalog, call.admitted.request_id.clone())
        })
    }

    /// As [`Api::ctx`], with the object whose collection the path names.
    ///
    /// # Errors
    /// 404000 for a collection that is none, or that has routes of its own.
    pub async fn of(&self, call: &Call) -> Result<(Ctx, Arc<ObjectDef>)> {
        let ctx = self.ctx(call).await?;
        let plural = call.part(1)?;
        match ctx.catalog.collection(&plural).filter(|def| def.routed) {
            Some(def) => {
                let def = def.clone();
                Ok((ctx, def))
            }
            None => {
                let routed = ctx.catalog.objects().filter(|def| def.routed).map(|def| def.plural.as_str());
                let hint = name::hint(&plural, routed);
                Err(Error::new(
                    ErrorCode::NoRoute,
                    format!("there is no such collection{hint}; GET /v1/metadata/objects lists them"),
                ))
            }
        }
    }
}

/// An endpoint as a handler: its errors become refusals, which the door writes as problems.
pub fn at<F, Answered>(
    api: &Arc<Api>,
    endpoint: F,
) -> impl Fn(Request<Body>) -> BoxFuture<'static, Response<Body>> + Clone + Send + Sync + 'static
where
    F: Fn(Arc<Api>, Call) -> Answered + Clone + Send + Sync + 'static,
    Answered: Future<Output = Result<Response<Body>>> + Send + 'static,
{
    let api = api.clone();
    move |request| {
        let (api, endpoint) = (api.clone(), endpoint.clone());
        Box::pin(async move {
            let outcome = match Call::of(request).await {
                Ok(call) => endpoint(api, call).await,
                Err(error) => Err(error),
            };
            outcome.unwrap_or_else(|error| Refusal(error).into_response())
        })
    }
}
