//! SCIM 2.0 (RFC 7643, RFC 7644): a company's directory makes, changes and ends the users and teams of a space.
//!
//! A SCIM user is the space's user, a SCIM group is a team; both are records, and every change goes through the engine's
//! pipeline, so that permissions, the audit and events hold. Errors have the shape of RFC 7644, 3.12; what the door
//! refuses before a handler runs (no credential, a limit) is `application/problem+json` as everywhere.

mod call;
mod error;
pub mod filter;
mod groups;
mod listing;
mod patch;
mod project;
pub mod routes;
mod schema;
mod service;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use kontor_catalog::Catalogs;
use kontor_identity::accounts::Accounts;
use kontor_identity::roles::Roles;
use kontor_records::Records;

pub use routes::ROUTES;

/// What the endpoints are made of.
pub struct Scim {
    pub records: Arc<Records>,
    pub catalogs: Arc<Catalogs>,
    pub roles: Arc<Roles>,
    pub accounts: Arc<Accounts>,
    /// Told when a user may not go on, so that nothing that was believed of their credentials is believed longer.
    pub ended: Box<dyn Fn() + Send + Sync>,
    /// The address that clients know: `https://crm.example`.
    pub base: String,
}

/// The handlers of [`ROUTES`].
pub fn router(scim: &Arc<Scim>) -> Router {
    use call::on;
    Router::new()
        .route("/scim/v2/ServiceProviderConfig", get(on(scim, service::config)))
        .route("/scim/v2/ResourceTypes", get(on(scim, service::types)))
        .route("/scim/v2/ResourceTypes/{id}", get(on(scim, service::one_type)))
        .route("/scim/v2/Schemas", get(on(scim, service::schemas)))
        .route("/scim/v2/Schemas/{id}", get(on(scim, service::schema)))
        .route("/scim/v2/Users", get(on(scim, users::list)).post(on(scim, users::create)))
        .route("/scim/v2/Users/.search", post(on(scim, users::search)))
        .route(
            "/scim/v2/Users/{id}",
            get(on(scim, users::read))
                .put(on(scim, users::replace))
                .patch(on(scim, users::patch))
                .delete(on(scim, users::delete)),
        )
        .route("/scim/v2/Groups", get(on(scim, groups::list)).post(on(scim, groups::create)))
        .route("/scim/v2/Groups/.search", post(on(scim, groups::search)))
        .route(
            "/scim/v2/Groups/{id}",
            get(on(scim, groups::read))
                .put(on(scim, groups::replace))
                .patch(on(scim, groups::patch))
                .delete(on(scim, groups::delete)),
        )
}
