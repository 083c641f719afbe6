//! Nothing is forgotten: every object, every route, every error code, every path of the document,
//! every table.

mod errors;
mod objects;
mod openapi;
mod routes;
mod row_security;
