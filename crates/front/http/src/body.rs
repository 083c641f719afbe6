//! Bodies as strict JSON.

use kontor_model::{Error, ErrorCode, Json, Result};

/// The body as a JSON value.
///
/// # Errors
/// 400000 saying where reading stopped; an empty body is one.
pub fn json(bytes: &[u8]) -> Result<Json> {
    if bytes.is_empty() {
        return Err(Error::new(ErrorCode::Malformed, "the body is empty; send a JSON object"));
    }
    Json::parse(bytes).map_err(|e| Error::new(ErrorCode::Malformed, e.to_string()))
}

/// The body as a JSON object.
///
/// # Errors
/// As [`json`]; 400000 for any other kind of value.
pub fn object(bytes: &[u8]) -> Result<Json> {
    match json(bytes)? {
        object @ Json::Object(_) => Ok(object),
        other => Err(Error::new(ErrorCode::Malformed, format!("the body must be a JSON object, not {}", other.kind()))),
    }
}

/// As [`object`]; no body is an empty object.
///
/// # Errors
/// As [`object`].
pub fn object_or_empty(bytes: &[u8]) -> Result<Json> {
    if bytes.is_empty() { Ok(Json::Object(Vec::new())) } else { object(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_come_in() {
        assert!(object(b"{\"a\": 1}").is_ok());
        for bad in [&b""[..], b"[]", b"{\"a\":1,\"a\":2}", b"{", b"\xFF", b"nul", b"{} {}"] {
            assert_eq!(object(bad).unwrap_err().code(), ErrorCode::Malformed);
        }
        assert!(object_or_empty(b"").is_ok());
    }
}
