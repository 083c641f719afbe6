//! Cursors: opaque, signed, bound to the query, space and order that they came from, stable while rows come and go.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use kontor_model::{Error, ErrorCode, Kind, Result, Value};
use sha2::{Digest, Sha256};

const TAG: usize = 16;

/// Signs and reads cursors.
pub struct Signer {
    mac: Hmac<Sha256>,
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq)]
pub enum Position {
    /// After a row with these values of the order.
    After(Vec<Value>),
    /// After this many rows, for orders by closeness.
    Offset(u64),
}

/// A digest of everything that a cursor is bound to.
pub fn fingerprint(parts: &[&str]) -> [u8; 8] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    std::array::from_fn(|i| digest.get(i).copied().unwrap_or_default())
}

fn bad() -> Error {
    Error::new(
        ErrorCode::BadCursor,
        "the cursor does not belong to this query, space and version; start again without it",
    )
}

impl Signer {
    pub fn new(secret: &[u8]) -> Self {
        let mac = Hmac::new_from_slice(secret).unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
        Self { mac }
    }

    fn tag(&self, fingerprint: &[u8; 8], body: &[u8]) -> Vec<u8> {
        let mut mac = self.mac.clone();
        mac.update(fingerprint);
        mac.update(body);
        let mut tag = mac.finalize().into_bytes().to_vec();
        tag.truncate(TAG);
        tag
    }

    /// The cursor's text.
    pub fn write(&self, fingerprint: &[u8; 8], position: &Position) -> String {
        let body = match position {
            Position::Offset(n) => serde_json::json!({ "o": n }),
            Position::After(values) => serde_json::Value::Array(
                values
                    .iter()
                    .map(|v| match v {
                        Value::Int(n) => (*n).into(),
                        Value::Bool(b) => (*b).into(),
                        Value::Text(s) | Value::Json(s) => s.clone().into(),
                        _ => serde_json::Value::Null,
                    })
                    .collect(),
            ),
        };
        let body = body.to_string().into_bytes();
        let mut bytes = self.tag(fingerprint, &body);
        bytes.extend_from_slice(&body);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a cursor whose order has these kinds.
    ///
    /// # Errors
    /// 400005.
    pub fn read(&self, fingerprint: &[u8; 8], text: &str, kinds: &[Kind]) -> Result<Position> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad())?;
        let (tag, body) = bytes.split_at_checked(TAG).ok_or_else(bad)?;
        let mut mac = self.mac.clone();
        mac.update(fingerprint);
        mac.update(body);
        mac.verify_truncated_left(tag).map_err(|_| bad())?;
        match serde_json::from_slice(body).map_err(|_| bad())? {
            serde_json::Value::Object(map) => {
                map.get("o").and_then(serde_json::Value::as_u64).map(Position::Offset).ok_or_else(bad)
            }
            serde_json::Value::Array(items) if items.len() == kinds.len() => items
                .iter()
                .zip(kinds)
                .map(|(item, kind)| {
                    Some(match (item, kind) {
                        (serde_json::Value::Null, _) => Value::Null,
                        (serde_json::Value::Bool(b), _) => Value::Bool(*b),
                        (serde_json::Value::Number(n), _) => Value::Int(n.as_i64()?),
                        (serde_json::Value::String(s), Kind::Json) => Value::Json(s.clone()),
                        (serde_json::Value::String(s), _) => Value::Text(s.clone()),
                        _ => return None,
                    })
                })
                .collect::<Option<Vec<_>>>()
                .map(Position::After)
                .ok_or_else(bad),
            _ => Err(bad()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_query_reads_a_cursor() {
        let signer = Signer::new(&[7; 32]);
        let mine = fingerprint(&["1", "contact", "sort"]);
        let position = Position::After(vec![Value::Null, Value::Int(i64::MAX), Value::text("é\"")]);
        let text = signer.write(&mine, &position);
        let kinds = [Kind::Text, Kind::Int, Kind::Text];
        assert_eq!(signer.read(&mine, &text, &kinds).unwrap(), position);
        assert_eq!(
            signer.read(&fingerprint(&["2", "contact", "sort"]), &text, &kinds).unwrap_err().code(),
            ErrorCode::BadCursor
        );
        assert!(Signer::new(&[8; 32]).read(&mine, &text, &kinds).is_err());
        for bad in ["", "x", "AAAA", &text[1..], &format!("{text}A")] {
            assert!(signer.read(&mine, bad, &kinds).is_err(), "{bad}");
        }
    }
}
