//! The web interface: the files of `web/dist` in the binary, and the addresses of its pages.
//!
//! The interface is a client of the public API like any other and has no other door. A build without Node has no files;
//! its pages say how to get them.

mod assets;
mod files;
mod page;
pub mod routes;

use axum::Router;
use axum::routing::get;

pub use routes::ROUTES;

/// The handlers of [`ROUTES`].
pub fn router() -> Router {
    Router::new()
        .route("/", get(page::read))
        .route("/app", get(page::read))
        .route("/app/", get(page::read))
        .route("/app/{*page}", get(page::read))
        .route("/assets/{file}", get(assets::read))
        .route("/favicon.svg", get(assets::icon))
}
