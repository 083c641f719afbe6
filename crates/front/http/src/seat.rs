//! What the door knows of a request and hands to the handler.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::http::Extensions;
use kontor_model::{Error, ErrorCode, Result};
use kontor_records::{Caller, Idempotency, Origin, Trace};

/// An admitted request; every handler finds it in the request's extensions.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// Also `meta.request_id` and the header `X-Request-Id`.
    pub request_id: Arc<str>,
    /// Absent only on open routes.
    pub caller: Option<Arc<Caller>>,
    /// What the request costs behind the door; the request log reads it.
    pub trace: Arc<Trace>,
    /// To be stored with what the request does (api.md 6).
    pub idempotency: Option<Idempotency>,
    /// The connection's other end.
    pub peer: Option<SocketAddr>,
    /// The client's address: the peer's, or what a trusted proxy says.
    pub client: Option<IpAddr>,
}

impl Admitted {
    /// The door's word on this request.
    ///
    /// # Errors
    /// 500000 when the handler is not behind a door.
    pub fn of(extensions: &Extensions) -> Result<&Admitted> {
        extensions.get().ok_or_else(|| Error::internal("a handler was called without the door"))
    }

    /// Where the request comes from, for the audit.
    pub fn origin(&self) -> Origin {
        let via = self.caller.as_ref().map(|caller| caller.via).unwrap_or_default();
        Origin { ip: self.client, credential: via.credential, impersonator: via.impersonator }
    }

    /// The caller.
    ///
    /// # Errors
    /// 401000 on an open route without a credential.
    pub fn caller(&self) -> Result<&Arc<Caller>> {
        self.caller.as_ref().ok_or_else(|| {
            Error::new(ErrorCode::NoCredential, "send Authorization: Bearer with an API key or access token")
        })
    }
}
