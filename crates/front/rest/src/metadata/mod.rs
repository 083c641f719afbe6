//! `/v1/metadata`: objects and fields, read by anyone who reads records and changed with `metadata:write`.

mod desk;
mod fields;
mod objects;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::{Api, at};

/// The handlers.
pub fn router(api: &Arc<Api>) -> Router {
    Router::new()
        .route("/v1/metadata/objects", get(at(api, objects::list)).post(at(api, objects::create)))
        .route(
            "/v1/metadata/objects/{object}",
            get(at(api, objects::read)).patch(at(api, objects::update)).delete(at(api, objects::retire)),
        )
        .route("/v1/metadata/objects/{object}/fields", get(at(api, fields::list)).post(at(api, fields::create)))
        .route(
            "/v1/metadata/objects/{object}/fields/{field}",
            get(at(api, fields::read)).patch(at(api, fields::update)).delete(at(api, fields::retire)),
        )
}
