//! JSON objects with unique member names and bounded nesting.

use crate::row::Cell;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::HashSet;
use std::fmt;

/// The deepest nesting of objects and arrays, the row itself included.
pub const MAX_DEPTH: usize = 32;

/// The members of a JSON object in order. Numbers and nested values keep
/// their exact text.
///
/// # Errors
///
/// Malformed JSON, a repeated member name at any depth, or deeper nesting
/// than [`MAX_DEPTH`].
pub fn members(text: &str) -> Result<Vec<(String, Cell)>, serde_json::Error> {
    let mut parser = serde_json::Deserializer::from_str(text);
    let members = parser.deserialize_map(Members)?;
    parser.end()?;
    Ok(members)
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, Cell)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut seen = HashSet::new();
        let mut members = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let value: &RawValue = map.next_value()?;
            if !seen.insert(name.clone()) {
                return Err(repeated(&name));
            }
            members.push((name, cell(value.get()).map_err(A::Error::custom)?));
        }
        Ok(members)
    }
}

fn cell(raw: &str) -> Result<Cell, serde_json::Error> {
    Ok(match raw.as_bytes().first() {
        Some(b'n') => Cell::Empty,
        Some(b't') => Cell::Bool(true),
        Some(b'f') => Cell::Bool(false),
        Some(b'"') => Cell::Text(serde_json::from_str(raw)?),
        Some(b'{' | b'[') => {
            let mut parser = serde_json::Deserializer::from_str(raw);
            Nested { depth: 2 }.deserialize(&mut parser)?;
            Cell::Json(raw.to_owned())
        }
        _ => Cell::Number(raw.to_owned()),
    })
}

fn repeated<E: Error>(name: &str) -> E {
    E::custom(format_args!("the member {name:?} is repeated"))
}

/// Walks a nested value only to check it.
#[derive(Clone, Copy)]
struct Nested {
    depth: usize,
}

impl Nested {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth > MAX_DEPTH {
            return Err(E::custom(format_args!("nested deeper than {MAX_DEPTH}")));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Nested {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<(), D::Error> {
        let raw: &RawValue = serde::Deserialize::deserialize(parser)?;
        match raw.get().as_bytes().first() {
            Some(b'{') => serde_json::Deserializer::from_str(raw.get()).deserialize_map(self),
            Some(b'[') => serde_json::Deserializer::from_str(raw.get()).deserialize_seq(self),
            _ => serde_json::from_str::<IgnoredAny>(raw.get()).map(|_| ()),
        }
        .map_err(D::Error::custom)
    }
}

impl<'de> Visitor<'de> for Nested {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object or array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let deeper = self.deeper()?;
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value_seed(deeper)?;
            if let Some(name) = seen.replace(name) {
                return Err(repeated(&name));
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let deeper = self.deeper()?;
        while items.next_element_seed(deeper)?.is_some() {}
        Ok(())
    }
}
