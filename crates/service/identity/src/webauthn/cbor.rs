//! CBOR (RFC 8949) as authenticators write it (CTAP2, 8: maps without repeated keys, little nesting).

use ciborium::Value;
use ciborium::de::from_reader_with_recursion_limit;

use super::Refusal;

/// An attestation object nests four deep.
const DEPTH: usize = 8;
/// Longer input is refused unread.
pub const LONGEST: usize = 16 << 10;

/// The first item, and what is behind it.
///
/// # Errors
/// [`Refusal::Malformed`] for what is cut off, too long or too deep.
pub fn item(bytes: &[u8]) -> Result<(Value, &[u8]), Refusal> {
    if bytes.len() > LONGEST {
        return Err(Refusal::Malformed);
    }
    let mut rest = bytes;
    let value = from_reader_with_recursion_limit(&mut rest, DEPTH).map_err(|_| Refusal::Malformed)?;
    Ok((value, rest))
}

/// A map whose keys are all different.
pub struct Map(Vec<(Value, Value)>);

impl Map {
    /// # Errors
    /// [`Refusal::Malformed`] for what is no map, or repeats a key.
    pub fn of(value: Value) -> Result<Self, Refusal> {
        let Value::Map(pairs) = value else { return Err(Refusal::Malformed) };
        let repeats = pairs.iter().enumerate().any(|(at, (key, _))| pairs.iter().skip(at + 1).any(|(k, _)| k == key));
        if repeats { Err(Refusal::Malformed) } else { Ok(Self(pairs)) }
    }

    fn get(&self, key: &Value) -> Option<&Value> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// The value of a text key, taken out.
    pub fn take(&mut self, key: &str) -> Option<Value> {
        let at = self.0.iter().position(|(known, _)| known.as_text() == Some(key))?;
        Some(self.0.swap_remove(at).1)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes of an integer key (COSE, RFC 9052).
    pub fn bytes(&self, key: i64) -> Option<&[u8]> {
        self.get(&Value::from(key))?.as_bytes().map(Vec::as_slice)
    }

    /// The number of an integer key.
    pub fn int(&self, key: i64) -> Option<i64> {
        self.get(&Value::from(key))?.as_integer().and_then(|number| number.try_into().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_behind_an_item_is_given_back() {
        let (value, rest) = item(&[0xA1, 0x01, 0x02, 0xFF]).unwrap();
        assert_eq!((Map::of(value).unwrap().int(1), rest), (Some(2), &[0xFF][..]));
    }

    #[test]
    fn cut_off_deep_huge_and_repeated() {
        let deep: Vec<u8> = std::iter::repeat_n(0x81, 5_000).chain([0x01]).collect();
        for bad in [
            &[][..],
            &[0xA1, 0x01],
            // A text of 2^64 - 1 bytes, an array of 2^63 items.
            &[0x7B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            &[0x9B, 0x80, 0, 0, 0, 0, 0, 0, 0],
            &[0xBB, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
            &deep,
            &vec![0x40; LONGEST + 1],
        ] {
            assert!(item(bad).is_err(), "{:?}…", &bad[..bad.len().min(9)]);
        }
        let (twice, _) = item(&[0xA2, 0x01, 0x02, 0x01, 0x03]).unwrap();
        assert!(Map::of(twice).is_err());
        assert!(Map::of(Value::Null).is_err());
    }
}
