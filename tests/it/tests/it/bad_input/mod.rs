//! What nobody should send: refused with a reason, without a trace, and never with a 5xx.

mod http;
pub mod http2;
mod injection;
mod json;
mod numbers;
mod races;
mod random;
mod refusals;
mod smuggling;
mod text;
mod urls;
