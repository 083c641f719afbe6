//! Numbers and days as a language writes them.

use kontor_model::time::civil_from_days;

use crate::document::Language;

/// Digits after the point that stored decimals have.
const SCALE: u32 = 4;

/// A decimal with at least `least` digits after the point, and no more than it needs: `1,234.50`, `1.234,50`.
pub fn decimal(units: i64, least: u32, language: Language) -> String {
    let (group, point) = match language {
        Language::English => (',', '.'),
        Language::German => ('.', ','),
    };
    let (sign, digits) = (if units < 0 { "-" } else { "" }, units.unsigned_abs());
    let one = 10_u64.pow(SCALE);
    let mut out = sign.to_owned();
    let whole = (digits / one).to_string();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            out.push(group);
        }
        out.push(digit);
    }
    let fraction = format!("{:04}", digits % one);
    let needed = fraction.trim_end_matches('0').len().max(usize::try_from(least.min(SCALE)).unwrap_or(0));
    if needed > 0 {
        out.push(point);
        out.extend(fraction.chars().take(needed));
    }
    out
}

/// An amount with its currency: `EUR 1,234.50`, `1.234,50 EUR`.
pub fn money(units: i64, digits: u32, currency: &str, language: Language) -> String {
    let amount = decimal(units, digits, language);
    match language {
        Language::English => format!("{currency} {amount}"),
        Language::German => format!("{amount} {currency}"),
    }
}

/// A rate: 1,900 is `19%` or `19 %` (DIN 5008).
pub fn percent(rate: i64, language: Language) -> String {
    let number = decimal(rate.saturating_mul(100), 0, language);
    match language {
        Language::English => format!("{number}%"),
        Language::German => format!("{number}\u{202f}%"),
    }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A day: `21 Nov 2026`, `21.11.2026`.
pub fn day(day: i64, language: Language) -> String {
    let (year, month, dom) = civil_from_days(day);
    match language {
        Language::English => {
            let name = usize::try_from(month - 1).ok().and_then(|at| MONTHS.get(at)).copied().unwrap_or_default();
            format!("{dom} {name} {year}")
        }
        Language::German => format!("{dom:02}.{month:02}.{year}"),
    }
}

/// An IBAN in groups of four that stay on one line.
pub fn iban(iban: &str) -> String {
    let plain: Vec<char> = iban.chars().filter(|c| !c.is_whitespace()).collect();
    plain.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("\u{a0}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use kontor_model::decimal::parse_scaled;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_written_as_the_language_does() {
        use Language::{English, German};
        assert_eq!(decimal(12_345_005_000, 2, English), "1,234,500.50");
        assert_eq!(decimal(12_345_005_000, 2, German), "1.234.500,50");
        assert_eq!(decimal(-1, 2, German), "-0,0001");
        assert_eq!((decimal(30_000, 0, English), decimal(0, 2, English)), ("3".into(), "0.00".into()));
        assert_eq!(money(1_234_500, 2, "EUR", German), "123,45 EUR");
        assert_eq!(money(1_234_500, 2, "EUR", English), "EUR 123.45");
        assert_eq!((percent(1_900, English), percent(750, German)), ("19%".into(), "7,5\u{202f}%".into()));
        assert_eq!(decimal(i64::MIN, 2, English), "-922,337,203,685,477.5808");
    }

    #[test]
    fn days_and_accounts() {
        assert_eq!(
            (day(20_778, Language::English), day(20_778, Language::German)),
            ("21 Nov 2026".into(), "21.11.2026".into())
        );
        assert_eq!(iban("DE75512108001245126199"), "DE75\u{a0}5121\u{a0}0800\u{a0}1245\u{a0}1261\u{a0}99");
    }

    proptest! {
        #[test]
        fn what_is_written_is_the_number(units in any::<i64>(), least in 0_u32..=4) {
            let written = decimal(units, least, Language::German).replace('.', "").replace(',', ".");
            prop_assume!(units != i64::MIN);
            prop_assert_eq!(parse_scaled(&written, 4), Ok(units));
        }
    }
}
