//! `GET /openapi/v1.json`: without a credential the standard objects, with one those of its space.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::routing::get;
use kontor_catalog::{Catalog, Catalogs};
use kontor_http::{Admitted, Refusal, etag, hash, reply};
use kontor_model::{Error, Result, SpaceId};

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
    standard: OnceLock<Written>,
    by_space: RwLock<HashMap<SpaceId, Written>>,
}

fn written(catalog: &Catalog) -> Written {
    let body = Bytes::from(super::document(catalog).to_string());
    let tag = format!("{:016x}", hash::digest(&body));
    Written { version: catalog.version, body, tag }
}

impl Documents {
    fn standard(&self) -> Result<Written> {
        if let Some(known) = self.standard.get() {
            return Ok(known.clone());
        }
        let catalog =
            Catalog::resolve(SpaceId(0), 0, self.catalogs.standard(), Default::default()).map_err(Error::internal)?;
        Ok(self.standard.get_or_init(|| written(&catalog)).clone())
    }

    async fn of(&self, space: SpaceId) -> Result<Written> {
        let catalog = self.catalogs.get(space).await?;
        let known = self.by_space.read().unwrap_or_else(PoisonError::into_inner).get(&space).cloned();
        if let Some(known) = known.filter(|w| w.version == catalog.version) {
            return Ok(known);
        }
        let new = written(&catalog);
        let mut by_space = self.by_space.write().unwrap_or_else(PoisonError::into_inner);
        if by_space.len() >= KEPT && !by_space.contains_key(&space) {
            by_space.clear();
        }
        by_space.insert(space, new.clone());
        Ok(new)
    }
}

/// The handler.
pub fn router(api: &Arc<Api>) -> Router {
    let documents =
        Documents { catalogs: api.catalogs.clone(), standard: OnceLock::new(), by_space: RwLock::default() };
    let documents = Arc::new(documents);
    Router::new().route("/openapi/v1.json", get(read)).with_state(documents)
}

async fn read(State(documents): State<Arc<Documents>>, parts: Parts) -> Result<Response<Body>, Refusal> {
    let document = match &Admitted::of(&parts.extensions)?.caller {
        Some(caller) => documents.of(caller.space).await?,
        None => documents.standard()?,
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
