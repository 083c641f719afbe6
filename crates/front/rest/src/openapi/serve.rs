//! `GET /openapi/v1.json`, `GET /openapi/v2.json`: without a credential the standard objects, with one those of its space.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::routing::get;
use kontor_catalog::{Catalog, Catalogs};
use kontor_http::route::Mark;
use kontor_http::{Admitted, Refusal, Side, Via, etag, hash, reply};
use kontor_model::{ApiVersion, Error, Result, SpaceId};
use serde_json::Value;

use crate::Api;

/// Spaces whose documents are kept.
const KEPT: usize = 64;

/// A document as it is sent.
#[derive(Debug, Clone)]
struct Written {
    version: i64,
    body: Bytes,
    /// Without its quotes.
    tag: String,
}

/// Documents by space, written when first asked for; each again when the space's catalog has changed.
struct Documents {
    catalogs: Arc<Catalogs>,
    /// By version; the second of each is that of the public side.
    standard: [[OnceLock<Written>; 2]; ApiVersion::ALL.len()],
    by_space: RwLock<HashMap<(SpaceId, ApiVersion, bool), Written>>,
}

/// The document as this side has it: what is not there is not in it.
fn written(catalog: &Catalog, side: Side) -> Written {
    let mut document = super::document(catalog);
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        let is_hidden =
            |operation: &Value| operation["x-visibility"] == Mark::Private.name() && !side.shows(Mark::Private);
        paths.retain(|_, path| {
            let Some(operations) = path.as_object_mut() else { return true };
            let before = operations.len();
            operations.retain(|_, operation| !is_hidden(operation));
            operations.len() == before || operations.values().any(|operation| operation.get("responses").is_some())
        });
    }
    let body = Bytes::from(document.to_string());
    let tag = format!("{:016x}", hash::digest(&body));
    Written { version: catalog.version, body, tag }
}

impl Documents {
    fn standard(&self, version: ApiVersion, side: Side) -> Result<Written> {
        let place = ApiVersion::ALL.iter().position(|v| *v == version).and_then(|i| self.standard.get(i));
        let place = place.and_then(|both| both.get(usize::from(side == Side::Public)));
        let place = place.ok_or_else(|| Error::internal("a version without a place"))?;
        if let Some(known) = place.get() {
            return Ok(known.clone());
        }
        let catalog =
            Catalog::resolve(SpaceId(0), 0, self.catalogs.standard(), Default::default()).map_err(Error::internal)?;
        let catalog = Arc::new(catalog).seen(version)?;
        Ok(place.get_or_init(|| written(&catalog, side)).clone())
    }

    async fn of(&self, space: SpaceId, version: ApiVersion, side: Side) -> Result<Written> {
        let catalog = self.catalogs.get(space).await?.seen(version)?;
        let key = (space, version, side == Side::Public);
        let known = self.by_space.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known.filter(|w| w.version == catalog.version) {
            return Ok(known);
        }
        let new = written(&catalog, side);
        let mut by_space = self.by_space.write().unwrap_or_else(PoisonError::into_inner);
        if by_space.len() >= KEPT && !by_space.contains_key(&key) {
            by_space.clear();
        }
        by_space.insert(key, new.clone());
        Ok(new)
    }
}

/// The handler.
pub fn router(api: &Arc<Api>) -> Router {
    let documents =
        Documents { catalogs: api.catalogs.clone(), standard: Default::default(), by_space: RwLock::default() };
    let documents = Arc::new(documents);
    let of = |version: ApiVersion| get(async move |state, parts| read(state, parts, version).await);
    Router::new()
        .route("/openapi/v1.json", of(ApiVersion::V1))
        .route("/openapi/v2.json", of(ApiVersion::V2))
        .with_state(documents)
}

async fn read(
    State(documents): State<Arc<Documents>>,
    parts: Parts,
    version: ApiVersion,
) -> Result<Response<Body>, Refusal> {
    let side = Via::of(&parts.extensions).side;
    let document = match &Admitted::of(&parts.extensions)?.caller {
        Some(caller) => documents.of(caller.space, version, side).await?,
        None => documents.standard(version, side)?,
    };
    let tag = HeaderValue::try_from(format!("\"{}\"", document.tag)).map_err(Error::internal)?;
    if etag::if_none_match(&parts.headers)?.is_some_and(|tags| tags.weakly(&document.tag)) {
        return Ok(reply::not_modified(tag));
    }
    let mut response = Response::new(Body::from(document.body));
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(header::ETAG, tag);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Authorization, X-Api-Key"));
    Ok(response)
}
