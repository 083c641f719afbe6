//! Sums of documents, exactly: amounts are whole numbers of 1/10,000, and every rounding is half-even.

use std::collections::BTreeMap;

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
    pub tax: Option<Rate>,
}

/// A rate of tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rate {
    /// The part of the price, of four digits.
    pub rate: i64,
    /// The record that says so.
    pub id: i64,
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

/// Digits after the point that a currency is paid in (ISO 4217), at most those that money keeps, which are those of
/// currencies without minor units of their own such as gold.
pub(crate) fn minor_digits(currency: &str) -> u32 {
    let exponent = Currency::from_code(currency).and_then(Currency::exponent);
    exponent.map_or(u32::from(MONEY_SCALE), u32::from).min(u32::from(MONEY_SCALE))
}

/// `exact / d` in whole minor units of a currency, as an amount.
fn to_minor(exact: i128, d: i128, digits: u32) -> Option<i64> {
    let unit = 10_i128.pow(u32::from(MONEY_SCALE).saturating_sub(digits));
    i64::try_from(half_even(exact, d.checked_mul(unit)?).checked_mul(unit)?).ok()
}

/// The sums of lines: each line's net is rounded to the currency's minor units, and so is the tax on the sum of a rate's
/// nets (EN 16931, BR-CO-17), as on the invoice that may follow. None when they are beyond what money can hold.
pub(crate) fn sums(lines: impl IntoIterator<Item = Amounts>, currency: &str) -> Option<Sums> {
    parts(lines, currency).map(|parts| parts.sums)
}

/// Sums with what they are made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Parts {
    pub sums: Sums,
    /// Of each line, in order; 0 without a price.
    pub nets: Vec<i64>,
    /// Base and tax of each rate, and the base of what has none.
    pub taxes: Vec<(Option<Rate>, i64, i64)>,
}

/// As [`sums`], with what they are made of.
pub(crate) fn parts(lines: impl IntoIterator<Item = Amounts>, currency: &str) -> Option<Parts> {
    let (digits, one) = (minor_digits(currency), i128::from(ONE));
    let mut out = Parts::default();
    let mut bases: BTreeMap<Option<Rate>, i64> = BTreeMap::new();
    for line in lines {
        out.sums.lines += 1;
        let gross = i128::from(line.price.unwrap_or(0)).checked_mul(line.quantity.into())?;
        let net = to_minor(gross.checked_mul(one - i128::from(line.discount))?, one * one, digits)?;
        out.nets.push(net);
        out.sums.subtotal = out.sums.subtotal.checked_add(net)?;
        let base = bases.entry(line.tax).or_default();
        *base = base.checked_add(net)?;
    }
    for (rate, base) in bases.into_iter().rev() {
        let of_rate = rate.map_or(0, |rate| rate.rate);
        let tax = to_minor(i128::from(base).checked_mul(of_rate.into())?, one, digits)?;
        out.sums.tax = out.sums.tax.checked_add(tax)?;
        out.taxes.push((rate, base, tax));
    }
    out.sums.total()?;
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

    const VAT: Rate = Rate { rate: 1_900, id: 1 };

    fn line(price: i64, quantity: i64, discount: i64) -> Amounts {
        Amounts { price: Some(price), quantity, discount, tax: None }
    }

    #[test]
    fn each_line_is_rounded_half_even_to_minor_units() {
        // 0.125 and 0.135 at two digits: the even neighbours.
        let out = sums([line(1_250, ONE, 0), line(1_350, ONE, 0)], "EUR").unwrap();
        assert_eq!((out.lines, out.subtotal, out.tax), (2, 1_200 + 1_400, 0));
        // Yen have no minor units: 2.5 becomes 2, 3.5 becomes 4.
        assert_eq!(sums([line(25_000, ONE, 0)], "JPY").unwrap().subtotal, 20_000);
        assert_eq!(sums([line(35_000, ONE, 0)], "JPY").unwrap().subtotal, 40_000);
        // Dinars have three.
        assert_eq!(sums([line(12_345, ONE, 0)], "KWD").unwrap().subtotal, 12_340);
        // Rounded once: 0.12504 is more than a half, though it is 0.125 to four digits.
        assert_eq!(sums([line(31_260, 400, 0)], "EUR").unwrap().subtotal, 1_300);
    }

    #[test]
    fn tax_is_of_the_sum_of_a_rate() {
        // 3 × 9.99 less 10 % = 26.973 → 26.97; 19 % of it = 5.1243 → 5.12.
        let taxed = Amounts { tax: Some(VAT), ..line(99_900, 30_000, 1_000) };
        let out = sums([taxed], "EUR").unwrap();
        assert_eq!((out.subtotal, out.tax, out.total()), (269_700, 51_200, Some(320_900)));
        // Twice the line: 19 % of 53.94 = 10.2486 → 10.25, one cent more than twice 5.12.
        let two = sums([taxed, taxed], "EUR").unwrap();
        assert_eq!((two.subtotal, two.tax), (539_400, 102_500));
        // Of two rates each for itself.
        let other = Amounts { tax: Some(Rate { id: 2, ..VAT }), ..taxed };
        assert_eq!(sums([taxed, other], "EUR").unwrap().tax, 102_400);
    }

    #[test]
    fn a_line_without_a_price_counts_as_nothing() {
        let out = sums([Amounts { price: None, tax: Some(VAT), ..line(0, ONE, 0) }], "EUR").unwrap();
        assert_eq!((out.lines, out.subtotal), (1, 0));
        assert_eq!(sums([], "EUR"), Some(Sums::default()));
    }

    #[test]
    fn what_money_cannot_hold_is_no_sum() {
        assert_eq!(sums([line(i64::MAX, 20_000, 0)], "EUR"), None);
        assert_eq!(sums([line(i64::MAX - 10_000, ONE, 0); 2], "EUR"), None);
        assert_eq!(sums([line(i64::MAX, i64::MAX, 0)], "EUR"), None);
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
