//! What flow tests are made of: the real binary on a database of its own, a small client, and one story told on both
//! back ends.
//!
//! ```ignore
//! both!(a_customer_is_made);
//!
//! async fn a_customer_is_made(api: Api) {
//!     let made = api.post("/v1/customers", json!({"name": unique("张晓明"), …})).await.expect(201);
//!     assert_eq!(made.id().len(), 18);
//! }
//! ```
//!
//! Stories share one server for each back end and keep out of each other's way with names of their own ([`unique`]).
//! A story that stops or breaks its server takes one for itself with [`Server::builder`].

#![expect(clippy::panic, clippy::expect_used, reason = "a helper that cannot go on fails the test that called it")]

mod api;
pub mod authenticator;
mod backend;
mod keeper;
mod objects;
mod place;
mod postgres;
mod raw;
mod reply;
mod request;
mod server;
mod shared;
mod story;

pub use api::{Api, encode, query};
pub use backend::Backend;
pub use objects::Definition;
pub use place::{Place, binary};
pub use postgres::{run_on, url as postgres_url};
pub use raw::RawReply;
pub use reply::Reply;
pub use request::{Part, Request};
pub use server::{Builder, Server};
pub use story::{run, serial, unique};

/// Tells a story once on each back end: `both!(a, b)` makes the tests `a::sqlite`, `a::postgres`, `b::sqlite`, …
///
/// A story is an `async fn(Api)`. A back end that is not reachable is named as skipped.
#[macro_export]
macro_rules! both {
    ($($story:ident),+ $(,)?) => {$(
        mod $story {
            #[tokio::test]
            async fn sqlite() {
                $crate::run($crate::Backend::Sqlite, super::$story).await;
            }

            #[tokio::test]
            async fn postgres() {
                $crate::run($crate::Backend::Postgres, super::$story).await;
            }
        }
    )+};
}

/// As [`both!`], for stories that take a [`Backend`] and start servers of their own.
#[macro_export]
macro_rules! both_alone {
    ($($story:ident),+ $(,)?) => {$(
        mod $story {
            #[tokio::test]
            async fn sqlite() {
                super::$story($crate::Backend::Sqlite).await;
            }

            #[tokio::test]
            async fn postgres() {
                if $crate::Backend::Postgres.is_reachable() {
                    super::$story($crate::Backend::Postgres).await;
                }
            }
        }
    )+};
}
