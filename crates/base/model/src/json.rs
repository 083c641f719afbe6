//! JSON that came from outside, read strictly: no duplicate keys, bounded depth, numbers kept as they were written.
//!
//! `serde_json` does the parsing (RFC 8259); this adds what it does not refuse by itself.

use std::fmt;

use serde::de::{Deserializer as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A JSON value whose numbers are still text, so that a decimal or an id loses nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    /// The number as it was written, e.g. `199.990`.
    Number(String),
    String(String),
    Array(Vec<Json>),
    /// In the order of the text; keys are distinct.
    Object(Vec<(String, Json)>),
}

/// How deep a body may nest (api.md 8).
pub const MAX_DEPTH: usize = 32;

/// Why a text is not acceptable JSON; says where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JsonError(pub String);

impl Json {
    /// Reads a whole text.
    ///
    /// # Errors
    /// Malformed JSON, a duplicate key, or nesting beyond [`MAX_DEPTH`].
    pub fn parse(bytes: &[u8]) -> Result<Self, JsonError> {
        let text = std::str::from_utf8(bytes)
            .map_err(|e| JsonError(format!("the body is not UTF-8 (at byte {})", e.valid_up_to())))?;
        Self::parse_str(text)
    }

    /// As [`Json::parse`].
    ///
    /// # Errors
    /// As [`Json::parse`].
    pub fn parse_str(text: &str) -> Result<Self, JsonError> {
        if depth_exceeds(text, MAX_DEPTH) {
            return Err(JsonError(format!("the body nests deeper than {MAX_DEPTH} levels")));
        }
        read(text.trim_matches([' ', '\t', '\n', '\r']))
    }

    /// The member `key` of an object.
    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(s) => Some(s),
            _ => None,
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Json::Bool(b) => Some(*b),
            _ => None,
        }
    }

    pub fn as_array(&self) -> Option<&[Json]> {
        match self {
            Json::Array(items) => Some(items),
            _ => None,
        }
    }

    pub fn as_object(&self) -> Option<&[(String, Json)]> {
        match self {
            Json::Object(members) => Some(members),
            _ => None,
        }
    }

    /// A whole number, when it is one and fits; `7.0` is one (JSON Schema, 6.1.1).
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Json::Number(n) => n.parse().ok().or_else(|| crate::decimal::parse_scaled(n, 0).ok()),
            _ => None,
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Json::Null)
    }

    /// The kind of value in the words of JSON, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Number(_) => "a number",
            Json::String(_) => "a string",
            Json::Array(_) => "an array",
            Json::Object(_) => "an object",
        }
    }

    /// Appends the value as compact JSON.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Json::Null => out.extend_from_slice(b"null"),
            Json::Bool(b) => out.extend_from_slice(if *b { b"true" } else { b"false" }),
            Json::Number(n) => out.extend_from_slice(n.as_bytes()),
            Json::String(s) => crate::show::write_string(s, out),
            Json::Array(items) => {
                out.push(b'[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Json::Object(members) => {
                out.push(b'{');
                for (i, (key, value)) in members.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    crate::show::write_string(key, out);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
        }
    }

    /// A short picture of the value for an error answer: at most 200 characters.
    pub fn excerpt(&self) -> String {
        let text = match self {
            Json::String(s) => s.clone(),
            other => other.to_string(),
        };
        match text.char_indices().nth(200) {
            Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
            None => text,
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::new();
        self.write(&mut out);
        f.write_str(&String::from_utf8_lossy(&out))
    }
}

impl From<&serde_json::Value> for Json {
    fn from(value: &serde_json::Value) -> Self {
        use serde_json::Value as V;
        match value {
            V::Null => Json::Null,
            V::Bool(b) => Json::Bool(*b),
            V::Number(n) => Json::Number(n.to_string()),
            V::String(s) => Json::String(s.clone()),
            V::Array(items) => Json::Array(items.iter().map(Json::from).collect()),
            V::Object(map) => Json::Object(map.iter().map(|(k, v)| (k.clone(), Json::from(v))).collect()),
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Json::String(text.to_owned())
    }
}

/// One pass over the bytes before any recursion, so that a hostile text costs no stack.
fn depth_exceeds(text: &str, max: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => {
                depth += 1;
                if depth > max {
                    return true;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

fn read(text: &str) -> Result<Json, JsonError> {
    let error = |e: serde_json::Error| JsonError(e.to_string());
    let mut de = serde_json::Deserializer::from_str(text);
    let value = match text.as_bytes().first() {
        Some(b'{') => de.deserialize_map(Members).map_err(error)?,
        Some(b'[') => de.deserialize_seq(Items).map_err(error)?,
        Some(b'"') => Json::String(serde::Deserialize::deserialize(&mut de).map_err(error)?),
        Some(b't' | b'f') => Json::Bool(serde::Deserialize::deserialize(&mut de).map_err(error)?),
        Some(b'n') => {
            <() as serde::Deserialize>::deserialize(&mut de).map_err(error)?;
            Json::Null
        }
        _ => {
            let raw: &RawValue = serde::Deserialize::deserialize(&mut de).map_err(error)?;
            Json::Number(raw.get().to_owned())
        }
    };
    de.end().map_err(error)?;
    Ok(value)
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members: Vec<(String, Json)> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if !seen.insert(key.clone()) {
                return Err(serde::de::Error::custom(format!("duplicate key \"{key}\"")));
            }
            let raw: &RawValue = map.next_value()?;
            members.push((key, read(raw.get()).map_err(serde::de::Error::custom)?));
        }
        Ok(Json::Object(members))
    }
}

struct Items;

impl<'de> Visitor<'de> for Items {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(raw) = seq.next_element::<&RawValue>()? {
            items.push(read(raw.get()).map_err(serde::de::Error::custom)?);
        }
        Ok(Json::Array(items))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_keep_their_text() {
        let json =
            Json::parse(br#" {"a": 199.990, "b": [9007199254740993, -0.10e+2], "c": null, "d": true} "#).unwrap();
        assert_eq!(json.get("a"), Some(&Json::Number("199.990".into())));
        assert_eq!(json.to_string(), r#"{"a":199.990,"b":[9007199254740993,-0.10e+2],"c":null,"d":true}"#);
    }

    #[test]
    fn whole_numbers_may_be_written_with_a_point() {
        for (text, whole) in [("7", Some(7)), ("7.0", Some(7)), ("7e2", Some(700)), ("7.5", None), ("1e40", None)] {
            assert_eq!(Json::parse_str(text).unwrap().as_i64(), whole, "{text}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused() {
        let deep = "[".repeat(200_000);
        for bad in [
            "",
            "{",
            "{\"a\":1",
            "{\"a\":1,}",
            "{\"a\":1,\"a\":2}",
            "{\"a\":{\"b\":1,\"b\":1}}",
            "NaN",
            "[1 2]",
            "01",
            "\"\\ud800\"",
            "{} x",
            "'a'",
            "nul",
            "+1",
            "1.",
            deep.as_str(),
            "{\"\\u0061\":1,\"a\":2}",
        ] {
            assert!(Json::parse(bad.as_bytes()).is_err(), "{}", bad.get(..20).unwrap_or(bad));
        }
        assert!(Json::parse(&[b'"', 0xff, b'"']).is_err());
        assert!(Json::parse(format!("{}1{}", "[".repeat(32), "]".repeat(32)).as_bytes()).is_ok());
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Json::parse(&bytes);
        }

        #[test]
        fn strings_round_trip(text in ".*") {
            let json = Json::Object(vec![("k".into(), Json::String(text))]);
            prop_assert_eq!(Json::parse(json.to_string().as_bytes()).unwrap(), json);
        }
    }
}
