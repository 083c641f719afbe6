//! Nothing is forgotten: every object, every route, every error code, every path of the document.

mod errors;
mod objects;
mod openapi;
mod routes;
