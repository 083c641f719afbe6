//! A request as the endpoints see it.

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, Uri};
use bytes::Bytes;
use kontor_http::{Admitted, versions};
use kontor_model::{ApiVersion, Error, ErrorCode, Id, Result};

use crate::params::Params;
use crate::percent;

/// One request, its body read by the door.
pub struct Call {
    pub admitted: Admitted,
    pub method: Method,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The version of the API; the path is version 1's in any case.
    pub version: ApiVersion,
    uri: Uri,
}

impl Call {
    /// # Errors
    /// 400000 when the body breaks off.
    pub async fn of(request: Request<Body>) -> Result<Self> {
        let (parts, body) = request.into_parts();
        let admitted = Admitted::of(&parts.extensions)?.clone();
        let version = versions::of(&parts.extensions);
        let body = axum::body::to_bytes(body, usize::MAX)
            .await
            .map_err(|e| Error::new(ErrorCode::Malformed, "the body broke off before its end").with_internal(e))?;
        Ok(Self { admitted, method: parts.method, headers: parts.headers, body, version, uri: parts.uri })
    }

    /// The part of the path at `place`, decoded; `/v1/contacts/7` has `contacts` at 1.
    ///
    /// # Errors
    /// 400000 for what cannot be decoded; 404000 when the path is shorter.
    pub fn part(&self, place: usize) -> Result<String> {
        let raw = self.uri.path().split('/').skip(1).nth(place);
        let raw = raw.ok_or_else(|| Error::new(ErrorCode::NoRoute, "there is no such route"))?;
        Ok(percent::decode(raw, false, "the path")?.into_owned())
    }

    /// The id at `place`.
    ///
    /// # Errors
    /// 404001 for what is no id: there is no such record.
    pub fn id(&self, place: usize) -> Result<Id> {
        self.part(place)?.parse().map_err(|_| Error::not_found())
    }

    /// The query string's parameters, of which `known` are allowed.
    ///
    /// # Errors
    /// As [`Params::parse`].
    pub fn params(&self, known: &[&str]) -> Result<Params> {
        Params::parse(self.uri.query().unwrap_or_default(), known)
    }

    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    pub fn request_id(&self) -> &str {
        &self.admitted.request_id
    }
}
