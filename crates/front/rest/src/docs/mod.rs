//! `/docs`: Swagger UI and the catalogue of errors, served from the binary.

mod errors;
mod swagger;

use axum::Router;
use axum::routing::get;

/// The handlers.
pub fn router() -> Router {
    let config = swagger::config();
    let page = config.clone();
    Router::new()
        .route("/docs", get(async move || swagger::page(page.clone())))
        .route("/docs/errors", get(errors::read))
        .route("/docs/{*file}", get(async move |path| swagger::file(path, config.clone())))
}
