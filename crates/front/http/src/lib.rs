//! The door: everything between a socket and a handler.
//!
//! [`Server`] accepts connections and hands every request to a [`Door`], which takes it through its steps in this
//! order, one file each: request id → request log and metrics → panics → sizes and times → credential → limits →
//! idempotency → versions → cache → room → handler. A handler is any `axum` one; it finds an [`Admitted`] in the request's extensions
//! and refuses with a [`Refusal`], which the door writes as `application/problem+json` (api.md 7).

mod access;
pub mod body;
mod cache;
mod client;
mod compress;
pub mod cors;
pub mod credential;
mod door;
pub mod envelope;
pub mod etag;
pub mod hash;
mod headers;
mod health;
mod idempotency;
mod limits;
mod negotiate;
pub mod origin;
mod overload;
mod problem;
pub mod ratelimit;
mod refusal;
pub mod reply;
mod request_id;
pub mod request_log;
pub mod route;
mod seat;
mod seeing;
mod server;
mod table;
pub mod tls;
pub mod versions;
mod via;

pub use cache::{Cache, Source as CacheSource};
pub use credential::{Authenticate, Presented, SESSION_COOKIE, Source};
pub use door::{Door, DoorParts};
pub use health::{Ask, Check, ROUTES as HEALTH_ROUTES, Ready};
pub use idempotency::Replays;
pub use problem::{PROBLEM_JSON, kind as error_type, problem, write_members};
pub use refusal::Refusal;
pub use seat::Admitted;
pub use server::{Server, ServerLimits};
pub use via::{Side, Via};
