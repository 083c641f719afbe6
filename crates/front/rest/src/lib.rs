//! REST: `/v1/{collection}` over every routed object of the catalog, standard or custom (api.md 6).
//!
//! One file per endpoint. [`routes::ROUTES`] is the table of all routes; [`router`] has their handlers. Everything
//! before and after a handler is [`kontor_http`]'s.

mod actions;
mod aggregate;
mod answers;
mod api;
mod audit;
mod batch;
mod call;
mod composite;
mod create;
mod delete;
pub mod docs;
pub mod events;
mod exports;
pub mod functions;
mod history;
pub mod identity;
mod imports;
pub mod inbound;
pub mod jobs;
mod list;
pub mod metadata;
mod one;
pub mod openapi;
mod operations;
pub mod outbox;
mod params;
mod percent;
mod precondition;
pub mod previews;
pub mod privacy;
pub mod public;
mod read;
mod request_logs;
pub mod routes;
pub mod sandboxes;
mod search;
mod shares;
mod update;
mod upsert;
mod views;
pub mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

pub use api::{Api, at};
pub use call::Call;
pub use kontor_questions::Members;
pub use kontor_questions::questions::filter;
use kontor_questions::{filters, members, questions};
pub use params::Params;

/// The handlers of all routes in [`routes::ROUTES`] but imports, exports, jobs and those of identity.
pub fn router(api: &Arc<Api>) -> Router {
    Router::new()
        .merge(metadata::router(api))
        .merge(audit::router(api))
        .merge(docs::router())
        .merge(openapi::router(api))
        .route("/v1/composite", post(at(api, composite::composite)))
        .route("/v1/request_logs", get(at(api, request_logs::list)))
        .route("/v1/{collection}", get(at(api, list::list)).post(at(api, create::create)))
        .route("/v1/{collection}/search", post(at(api, search::search)))
        .route("/v1/{collection}/batch", post(at(api, batch::batch)))
        .route("/v1/{collection}/aggregate", post(at(api, aggregate::aggregate)))
        .route("/v1/{collection}/by/{field}/{value}", get(at(api, read::read_by)).put(at(api, upsert::upsert)))
        .route(
            "/v1/{collection}/{id}",
            get(at(api, read::read))
                .put(at(api, update::replace))
                .patch(at(api, update::patch))
                .delete(at(api, delete::delete)),
        )
        .route("/v1/{collection}/{id}/{action}", post(at(api, actions::act)).get(at(api, views::look)))
        .route("/v1/{collection}/{id}/restore", post(at(api, delete::restore)))
        .route("/v1/{collection}/{id}/purge", post(at(api, delete::purge)))
        .route("/v1/{collection}/{id}/shares", get(at(api, shares::list)).post(at(api, shares::create)))
        .route("/v1/{collection}/{id}/shares/{share}", axum::routing::delete(at(api, shares::delete)))
        .route("/v1/{collection}/{id}/history", get(at(api, history::history)))
        .route("/v1/{collection}/{id}/timeline", get(at(api, history::timeline)))
}
