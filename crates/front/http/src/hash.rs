//! A quick digest of an answer for its weak `ETag`: 64 bits, the same in every process. Not for secrets.

const K0: u64 = 0xA076_1D64_78BD_642F;
const K1: u64 = 0xE703_7ED1_A0B4_28DB;

fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    #[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
    let (low, high) = (product as u64, (product >> 64) as u64);
    low ^ high
}

fn word(bytes: &[u8]) -> u64 {
    let mut buffer = [0; 8];
    for (slot, byte) in buffer.iter_mut().zip(bytes) {
        *slot = *byte;
    }
    u64::from_le_bytes(buffer)
}

/// Sixteen bytes a step, each folded by a product of 128 bits.
pub fn digest(bytes: &[u8]) -> u64 {
    let mut state = K0 ^ (bytes.len() as u64);
    let (chunks, rest) = bytes.as_chunks::<16>();
    for chunk in chunks {
        let (low, high) = chunk.split_at(8);
        state = fold(word(low) ^ K1 ^ state, word(high) ^ K0 ^ state.rotate_left(32));
    }
    let (low, high) = rest.split_at(rest.len().min(8));
    fold(fold(word(low) ^ K1, word(high) ^ state), K0 ^ state.rotate_left(17))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_more_or_other_is_another_digest() {
        let mut seen = std::collections::HashSet::new();
        let mut text = vec![b'a'; 100];
        for length in 0..100 {
            assert!(seen.insert(digest(&text[..length])));
        }
        for at in 0..100 {
            text[at] ^= 1;
            assert!(seen.insert(digest(&text)));
            text[at] ^= 1;
        }
    }
}
