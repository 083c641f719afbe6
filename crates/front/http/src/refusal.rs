//! How a handler refuses: it returns the error, and the door writes the problem with the request's id.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use kontor_model::Error;

/// An error on its way to the door.
#[derive(Debug)]
pub struct Refusal(pub Error);

/// The error inside an answer's extensions.
#[derive(Clone)]
pub(crate) struct Refused(pub Arc<Error>);

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() =
            StatusCode::from_u16(self.0.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.extensions_mut().insert(Refused(Arc::new(self.0)));
        response
    }
}
