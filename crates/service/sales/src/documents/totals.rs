//! Sums of documents, exactly: amounts are whole numbers of 1/10,000, and every rounding is half-even.

use iso_currency::Currency;
use kontor_model::decimal::MONEY_SCALE;

/// One, in units of a decimal of four digits.
pub(crate) const ONE: i64 = 10_000;

/// What a line brings into its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amounts {
    /// For one unit; none counts as nothing.
    pub price: Option<i64>,
    /// Of four digits.
    pub quantity: i64,
    /// The part taken off, of four digits.
    pub discount: i64,
    /// The part of the price that is tax, of four digits.
    pub rate: i64,
}

/// The sums of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sums {
    pub lines: usize,
    /// Without tax.
    pub subtotal: i64,
    pub tax: i64,
}

impl Sums {
    /// With tax.
    pub fn total(self) -> Option<i64> {
        self.subtotal.checked_add(self.tax)
    }
}

/// `n / d`, half-even; `d` is above zero.
fn half_even(n: i128, d: i128) -> i128 {
    let (whole, rest) = (n.div_euclid(d), n.rem_euclid(d));
    let up = match (rest * 2).cmp(&d) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Greater => 1,
        std::cmp::Ordering::Equal => whole & 1,
    };
    whole + up
}

/// Digits after the point that a currency is paid in (ISO 4217), at most those that money keeps; 2 where it is not said.
pub(crate) fn minor_digits(currency: &str) -> u32 {
    let exponent = Currency::from_code(currency).and_then(Currency::exponent);
    exponent.map_or(2, u32::from).min(u32::from(MONEY_SCALE))
}

/// An amount in whole minor units of its currency.
fn to_minor(amount: i128, digits: u32) -> i128 {
    let unit = 10_i128.pow(u32::from(MONEY_SCALE) - digits);
    half_even(amount, unit) * unit
}

/// The sums of lines: each line's net and each line's tax are rounded to the currency's minor units. None when they are
/// beyond what money can hold.
pub(crate) fn sums(lines: impl IntoIterator<Item = Amounts>, currency: &str) -> Option<Sums> {
    let digits = minor_digits(currency);
    let one = i128::from(ONE);
    let mut out = Sums::default();
    for line in lines {
        out.lines += 1;
        let Some(price) = line.price else { continue };
        let exact =
            i128::from(price).checked_mul(line.quantity.into())?.checked_mul(one - i128::from(line.discount))?;
        // The line's own total is kept to four digits; its part of the document is that, in minor units.
        let net = to_minor(half_even(exact, one * one), digits);
        let tax = to_minor(half_even(net.checked_mul(line.rate.into())?, one), digits);
        out.subtotal = out.subtotal.checked_add(i64::try_from(net).ok()?)?;
        out.tax = out.tax.checked_add(i64::try_from(tax).ok()?)?;
    }
    out.total()?;
    Some(out)
}

/// What a deal is worth in the forecast: `amount × percent / 100`.
pub(crate) fn weighted(amount: i64, percent: i64) -> i64 {
    let exact = half_even(i128::from(amount) * i128::from(percent), 100);
    i64::try_from(exact).unwrap_or(amount)
}

/// `price × rate`, the rate of eight digits; or `price / rate`.
pub(crate) fn converted(price: i64, rate: i64, inverse: bool) -> Option<i64> {
    let scale = 10_i128.pow(8);
    let exact = match inverse {
        _ if rate <= 0 => return None,
        false => half_even(i128::from(price) * i128::from(rate), scale),
        true => half_even(i128::from(price) * scale, rate.into()),
    };
    i64::try_from(exact).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(price: i64, quantity: i64, discount: i64, rate: i64) -> Amounts {
        Amounts { price: Some(price), quantity, discount, rate }
    }

    #[test]
    fn each_line_is_rounded_half_even_to_minor_units() {
        // 0.125 and 0.135 at two digits: the even neighbours.
        let out = sums([line(1_250, ONE, 0, 0), line(1_350, ONE, 0, 0)], "EUR").unwrap();
        assert_eq!((out.lines, out.subtotal, out.tax), (2, 1_200 + 1_400, 0));
        // Yen have no minor units: 2.5 becomes 2, 3.5 becomes 4.
        assert_eq!(sums([line(25_000, ONE, 0, 0)], "JPY").unwrap().subtotal, 20_000);
        assert_eq!(sums([line(35_000, ONE, 0, 0)], "JPY").unwrap().subtotal, 40_000);
        // Dinars have three.
        assert_eq!(sums([line(12_345, ONE, 0, 0)], "KWD").unwrap().subtotal, 12_340);
    }

    #[test]
    fn tax_is_of_the_rounded_line() {
        // 3 × 9.99 less 10 % = 26.973 → 26.97; 19 % of it = 5.1243 → 5.12.
        let out = sums([line(99_900, 30_000, 1_000, 1_900)], "EUR").unwrap();
        assert_eq!((out.subtotal, out.tax, out.total()), (269_700, 51_200, Some(320_900)));
        // Twice the line is twice its tax, whatever the tax of the sum would be.
        let two = sums([line(99_900, 30_000, 1_000, 1_900); 2], "EUR").unwrap();
        assert_eq!((two.subtotal, two.tax), (539_400, 102_400));
    }

    #[test]
    fn a_line_without_a_price_counts_as_nothing() {
        let out = sums([Amounts { price: None, ..line(0, ONE, 0, 1_900) }], "EUR").unwrap();
        assert_eq!((out.lines, out.subtotal), (1, 0));
        assert_eq!(sums([], "EUR"), Some(Sums::default()));
    }

    #[test]
    fn what_money_cannot_hold_is_no_sum() {
        assert_eq!(sums([line(i64::MAX, 20_000, 0, 0)], "EUR"), None);
        assert_eq!(sums([line(i64::MAX - 7, ONE, 0, 0); 2], "EUR"), None);
        assert_eq!(sums([line(i64::MAX, i64::MAX, 0, 0)], "EUR"), None);
    }

    #[test]
    fn weights_and_conversions_are_half_even() {
        assert_eq!((weighted(1_000_000, 30), weighted(50, 1), weighted(150, 1), weighted(-50, 1)), (300_000, 0, 2, 0));
        // 100 at 1.08 and back.
        assert_eq!(converted(1_000_000, 108_000_000, false), Some(1_080_000));
        assert_eq!(converted(1_080_000, 108_000_000, true), Some(1_000_000));
        assert_eq!(converted(1, 50_000_000, false), Some(0));
        assert_eq!((converted(1, 0, true), converted(i64::MAX, i64::MAX, false)), (None, None));
    }
}
