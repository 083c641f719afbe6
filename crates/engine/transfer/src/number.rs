//! Exact numbers from the cells of files.

use rust_decimal::Decimal;

/// A decimal in plain or exponent notation; no float is involved.
pub fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    if text.len() > 64 || !text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E')) {
        return None;
    }
    if text.contains(['e', 'E']) { Decimal::from_scientific(text).ok() } else { Decimal::from_str_exact(text).ok() }
}

/// `text × factor` in plain notation.
pub fn multiplied(text: &str, factor: Decimal) -> Option<String> {
    Some(decimal(text)?.checked_mul(factor)?.normalize().to_string())
}

/// The text of a whole number: `12`, or a spreadsheet's `12.0`.
pub fn whole(text: &str) -> Option<String> {
    let number = decimal(text)?.normalize();
    (number.scale() == 0).then(|| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact() {
        assert_eq!(multiplied("1100.04", Decimal::from(1_000_000)).as_deref(), Some("1100040000"));
        assert_eq!(multiplied("0.1", decimal("0.2").unwrap()).as_deref(), Some("0.02"));
        assert_eq!(multiplied("x", Decimal::ONE), None);
        assert_eq!(multiplied("79228162514264337593543950335", Decimal::TEN), None);
        assert_eq!(whole("12.0").as_deref(), Some("12"));
        assert_eq!(whole("007").as_deref(), Some("7"));
        assert_eq!(whole("1.5"), None);
        assert_eq!(decimal("1e3").map(|d| d.normalize().to_string()).as_deref(), Some("1000"));
        for bad in ["", "1,5", "NaN", "--1", "1.2.3", "１"] {
            assert_eq!(decimal(bad), None, "{bad}");
        }
    }
}
