//! Words that mean nothing, drawn from a keyed digest.

use hmac::{Hmac, Mac};
use sha2::Sha256;

const CONSONANTS: &[u8] = b"bdfgklmnprstvz";
const VOWELS: &[u8] = b"aeiou";
/// Crockford's base32: no two that look alike.
const CODE: &[u8] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters of a code: with 60 bits, a million values meet by chance once in two million copies.
const CODE_LENGTH: usize = 12;

/// An endless row of numbers that only the key and the text decide.
pub struct Draw {
    key: Hmac<Sha256>,
    block: [u8; 32],
    next: usize,
    counter: u32,
}

impl Draw {
    /// `salt` gives another row for the same text.
    pub fn new(key: &[u8; 32], class: &str, text: &str, salt: u32) -> Option<Self> {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
        mac.update(class.as_bytes());
        mac.update(&[0]);
        mac.update(&salt.to_be_bytes());
        mac.update(text.trim().to_lowercase().as_bytes());
        Some(Self { key: mac, block: [0; 32], next: 32, counter: 0 })
    }

    fn byte(&mut self) -> u8 {
        if self.next == 32 {
            let mut mac = self.key.clone();
            mac.update(&self.counter.to_be_bytes());
            self.block = mac.finalize().into_bytes().into();
            self.counter += 1;
            self.next = 0;
        }
        let byte = self.block.get(self.next).copied().unwrap_or_default();
        self.next += 1;
        byte
    }

    /// Below `bound`.
    pub fn number(&mut self, bound: u32) -> u32 {
        let drawn = u32::from_be_bytes([self.byte(), self.byte(), self.byte(), self.byte()]);
        drawn % bound.max(1)
    }

    fn one_of(&mut self, letters: &[u8]) -> char {
        let at = self.number(u32::try_from(letters.len()).unwrap_or(1)) as usize;
        char::from(letters.get(at).copied().unwrap_or(b'a'))
    }

    /// A word in lower case.
    pub fn word(&mut self, syllables: usize) -> String {
        (0..syllables).flat_map(|_| [self.one_of(CONSONANTS), self.one_of(VOWELS)]).collect()
    }

    /// A word with a capital.
    pub fn name(&mut self, syllables: usize) -> String {
        let word = self.word(syllables);
        let mut chars = word.chars();
        chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
    }

    /// Digits.
    pub fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| self.one_of(b"0123456789")).collect()
    }

    /// What no other value has.
    pub fn code(&mut self) -> String {
        (0..CODE_LENGTH).map(|_| self.one_of(CODE)).collect()
    }
}
