//! Exact decimals, kept as whole numbers of their smallest unit.

use rust_decimal::Decimal;

/// Digits after the point that money keeps: enough for every ISO 4217 minor unit and for unit prices below a cent.
pub const MONEY_SCALE: u8 = 4;

/// Why a decimal cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    #[error("is not a decimal number such as 199.99")]
    NotDecimal,
    #[error("has more than {0} digits after the point")]
    TooFine(u8),
    #[error("is beyond {}", max_text(*.0))]
    TooLarge(u8),
}

fn max_text(scale: u8) -> String {
    let mut text = Vec::new();
    write_scaled(i64::MAX, scale, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// `"199.99"` at scale 4 → `1_999_900`. Plain and exponent notation as in JSON; never rounds.
///
/// # Errors
/// Not a number, more digits after the point than `scale`, or beyond ±`i64::MAX` units.
pub fn parse_scaled(text: &str, scale: u8) -> Result<i64, DecimalError> {
    let text = text.trim();
    let shape = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !shape.starts_with(|c: char| c.is_ascii_digit() || c == '.') || text.len() > 64 || text.contains('_') {
        return Err(DecimalError::NotDecimal);
    }
    let number =
        if text.contains(['e', 'E']) { Decimal::from_scientific(text) } else { text.parse() }.map_err(|_| {
            if shape.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
                DecimalError::TooLarge(scale)
            } else {
                DecimalError::NotDecimal
            }
        })?;
    from_decimal(number, scale)
}

/// A decimal as units of `10^-scale`; never rounds.
///
/// # Errors
/// More digits after the point than `scale`, or out of range.
pub fn from_decimal(number: Decimal, scale: u8) -> Result<i64, DecimalError> {
    let number = number.normalize();
    if number.scale() > u32::from(scale) {
        return Err(DecimalError::TooFine(scale));
    }
    let factor = 10_i128.pow(u32::from(scale) - number.scale());
    number.mantissa().checked_mul(factor).and_then(|n| i64::try_from(n).ok()).ok_or(DecimalError::TooLarge(scale))
}

/// The decimal that `units` of `10^-scale` are.
pub fn to_decimal(units: i64, scale: u8) -> Decimal {
    Decimal::new(units, u32::from(scale))
}

/// Appends `units` in plain notation without trailing zeros:
/// `1_999_900` at scale 4 → `199.99`, `500_000` → `50`.
pub fn write_scaled(units: i64, scale: u8, out: &mut Vec<u8>) {
    if units < 0 {
        out.push(b'-');
    }
    let magnitude = units.unsigned_abs();
    let factor = 10_u64.pow(u32::from(scale));
    let mut buffer = [0_u8; 20];
    out.extend_from_slice(crate::show::digits(magnitude / factor, &mut buffer));
    let mut fraction = magnitude % factor;
    if fraction == 0 {
        return;
    }
    let mut width = usize::from(scale);
    while fraction.is_multiple_of(10) {
        fraction /= 10;
        width -= 1;
    }
    out.push(b'.');
    let digits = crate::show::digits(fraction, &mut buffer);
    out.extend(std::iter::repeat_n(b'0', width.saturating_sub(digits.len())));
    out.extend_from_slice(digits);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn show(units: i64, scale: u8) -> String {
        let mut out = Vec::new();
        write_scaled(units, scale, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn reads_and_writes_exactly() {
        assert_eq!(parse_scaled("199.99", 4), Ok(1_999_900));
        assert_eq!(parse_scaled("-0.0001", 4), Ok(-1));
        assert_eq!(parse_scaled("1e3", 4), Ok(10_000_000));
        assert_eq!(parse_scaled("922337203685477.5807", 4), Ok(i64::MAX));
        assert_eq!(parse_scaled("922337203685477.5808", 4), Err(DecimalError::TooLarge(4)));
        assert_eq!(parse_scaled("0.00001", 4), Err(DecimalError::TooFine(4)));
        for bad in ["", "NaN", "inf", "1,5", "12a", "1_000", "--1", "0x10"] {
            assert_eq!(parse_scaled(bad, 4), Err(DecimalError::NotDecimal), "{bad}");
        }
        assert_eq!(
            (show(1_999_900, 4), show(-1, 4), show(500_000, 4), show(0, 4)),
            ("199.99".into(), "-0.0001".into(), "50".into(), "0".into())
        );
    }

    proptest! {
        #[test]
        fn round_trips(units in any::<i64>(), scale in 0_u8..9) {
            prop_assume!(units != i64::MIN);
            prop_assert_eq!(parse_scaled(&show(units, scale), scale), Ok(units));
        }
    }
}
