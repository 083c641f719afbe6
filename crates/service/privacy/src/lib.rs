//! What the law gives persons over their data, as requests with a record and a certificate: access and portability
//! (GDPR 15 and 20), erasure (GDPR 17), no sale (CCPA, 1798.120).
//!
//! What is known about a person is found by walking references ([`graph`]): whatever points to the person, to what
//! points to them, and so on through everything that is about people. Erasure empties the fields that declarations mark
//! as personal, the audit's and the events' values, and every copy that imports, exports and stored answers have left;
//! what the law keeps (invoices, payments, orders) stays as it is. Retention rules do the same by age.

mod archive;
mod erasure;
mod graph;
mod handler;
mod needles;
mod request;
mod retention;
mod service;

pub use request::{Kind, Request, Subject};
pub use retention::{Action, Rule};
pub use service::Privacy;
