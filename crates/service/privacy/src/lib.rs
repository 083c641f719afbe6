//! What the law gives persons over their data, as requests with a record and a certificate: access and portability
//! (GDPR 15 and 20), erasure (GDPR 17), no sale (CCPA, 1798.120).
//!
//! What is known about a person is found by walking references ([`graph`]): whatever points to the person, to what
//! points to them, and so on through everything that is about people. Erasure empties the fields that declarations mark
//! as personal, the audit's and the events' values, and every copy that imports, exports, stored answers, mails and
//! the request log have left, and a user's login in the space; what the law keeps (invoices, payments, orders) stays as
//! it is. Retention rules empty records by age.

mod archive;
mod erasure;
mod graph;
mod handler;
mod lines;
mod logins;
mod needles;
mod request;
mod retention;
mod service;

pub use logins::Logins;
pub use request::{Kind, Request, Subject};
pub use retention::{Action, Rule};
pub use service::{Parts, Privacy};

/// The kinds of jobs that [`Privacy::handlers`] do.
pub const KINDS: &[&str] = &[service::JOB, retention::JOB];
