//! What a document comes to: nets of its lines, tax by rate, totals. Whole numbers only, rounded half-even.
//!
//! Amounts, quantities, discounts and rates are in units of 1/10,000. `digits` is the number of digits after the point
//! that the document's currency has.

use std::collections::BTreeMap;

/// One, in units of a decimal of four digits.
pub const ONE: i64 = 10_000;
/// Digits after the point that amounts are kept with.
const SCALE: u32 = 4;

/// Digits after the point of a currency's amounts (ISO 4217, minor units), at most four: 0 for JPY, 3 for KWD.
pub fn minor_digits(currency: &str) -> u32 {
    let found = iso_currency::Currency::from_code(currency).and_then(|currency| currency.exponent());
    found.map_or(SCALE, |digits| u32::from(digits).min(SCALE))
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

/// `exact` in units of 10^-`scale`, as an amount that the currency has; none beyond what money can hold.
fn rounded(exact: i128, scale: u32, digits: u32) -> Option<i64> {
    let step = 10_i128.pow(SCALE - digits.min(SCALE));
    let whole = half_even(exact, 10_i128.pow(scale - SCALE) * step);
    i64::try_from(whole.checked_mul(step)?).ok()
}

/// `price × quantity × (1 − discount)`; none beyond what money can hold.
pub fn net(price: i64, quantity: i64, discount: i64, digits: u32) -> Option<i64> {
    let gross = i128::from(price).checked_mul(i128::from(quantity))?;
    rounded(gross.checked_mul(i128::from(ONE - discount))?, 3 * SCALE, digits)
}

/// `base × rate`; none beyond what money can hold.
pub fn tax(base: i64, rate: i64, digits: u32) -> Option<i64> {
    rounded(i128::from(base) * i128::from(rate), 2 * SCALE, digits)
}

/// A rate of tax: the part of the net, and the record that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate {
    pub rate: i64,
    pub id: i64,
}

/// The tax of all lines of one rate; without a rate, of those that are not taxed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    pub rate: Option<Rate>,
    pub base: i64,
    pub tax: i64,
}

/// What a document comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    pub subtotal: i64,
    pub tax: i64,
    pub total: i64,
    /// By rate, the highest first.
    pub groups: Vec<Group>,
}

impl Totals {
    /// Adds up lines, each its net and rate. Tax is that of the sum of a rate's nets (EN 16931, BR-CO-17), not the sum
    /// of each line's.
    ///
    /// None beyond what money can hold.
    pub fn of(lines: impl IntoIterator<Item = (i64, Option<Rate>)>, digits: u32) -> Option<Self> {
        let mut bases: BTreeMap<Option<Rate>, i64> = BTreeMap::new();
        for (net, rate) in lines {
            let base = bases.entry(rate).or_default();
            *base = base.checked_add(net)?;
        }
        let mut totals = Self::default();
        for (rate, base) in bases.into_iter().rev() {
            let tax = rate.map_or(Some(0), |rate| tax(base, rate.rate, digits))?;
            totals.subtotal = totals.subtotal.checked_add(base)?;
            totals.tax = totals.tax.checked_add(tax)?;
            totals.groups.push(Group { rate, base, tax });
        }
        totals.total = totals.subtotal.checked_add(totals.tax)?;
        Some(totals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VAT: Option<Rate> = Some(Rate { rate: 1_900, id: 1 });
    const REDUCED: Option<Rate> = Some(Rate { rate: 700, id: 2 });

    #[test]
    fn currencies_have_their_own_minor_units() {
        let digits: Vec<u32> = ["EUR", "JPY", "KWD", "CLF", "XAU", "nonsense"].map(minor_digits).into();
        assert_eq!(digits, [2, 0, 3, 4, 4, 4]);
    }

    #[test]
    fn nets_are_half_even_to_the_minor_unit() {
        // 14.70 × 2.1 × 0.85 = 26.2395
        assert_eq!(net(147_000, 21_000, 1_500, 2), Some(262_400));
        assert_eq!((net(147_000, 21_000, 1_500, 0), net(147_000, 21_000, 1_500, 3)), (Some(260_000), Some(262_400)));
        assert_eq!(net(147_000, 21_000, 1_500, 4), Some(262_395));
        // Ties go to the even neighbour, below zero too: 0.125, 0.135, -0.125.
        assert_eq!(net(1_250, ONE, 0, 2), Some(1_200));
        assert_eq!(net(1_350, ONE, 0, 2), Some(1_400));
        assert_eq!(net(-1_250, ONE, 0, 2), Some(-1_200));
        assert_eq!(net(i64::MAX, i64::MAX, 0, 2), None);
        assert_eq!(net(i64::MAX, 2 * ONE, 0, 2), None);
        assert_eq!(net(100, ONE, ONE, 2), Some(0));
    }

    #[test]
    fn tax_is_that_of_the_sum() {
        // Line by line it would be 3 × 0.0190 → 3 × 0.02 = 0.06.
        let totals = Totals::of([(1_000, VAT); 3], 2).unwrap();
        assert_eq!((totals.subtotal, totals.tax, totals.total), (3_000, 600, 3_600));
        let totals = Totals::of([(1_000_000, VAT), (500_000, None), (333_300, REDUCED), (66_700, REDUCED)], 2).unwrap();
        let groups: Vec<(i64, i64)> = totals.groups.iter().map(|g| (g.base, g.tax)).collect();
        assert_eq!(groups, [(1_000_000, 190_000), (400_000, 28_000), (500_000, 0)]);
        assert_eq!((totals.subtotal, totals.tax, totals.total), (1_900_000, 218_000, 2_118_000));
        assert_eq!(Totals::of([], 2), Some(Totals::default()));
        assert_eq!(Totals::of([(i64::MAX, None), (1, None)], 2), None);
    }

    /// Half-even by decimals, as another would do it.
    fn slow(price: i64, quantity: i64, discount: i64, digits: u32) -> i64 {
        use rust_decimal::{Decimal, RoundingStrategy};
        let of = |n: i64| Decimal::new(n, SCALE);
        let exact = of(price) * of(quantity) * (Decimal::ONE - of(discount));
        let mut out = exact.round_dp_with_strategy(digits, RoundingStrategy::MidpointNearestEven);
        out.rescale(SCALE);
        i64::try_from(out.mantissa()).unwrap()
    }

    proptest! {
        #[test]
        fn nets_are_those_of_decimals(
            price in -10_000_000_i64..10_000_000, quantity in 1_i64..10_000_000, discount in 0..=ONE, digits in 0_u32..=4,
        ) {
            prop_assert_eq!(net(price, quantity, discount, digits), Some(slow(price, quantity, discount, digits)));
        }

        #[test]
        fn totals_add_up(
            lines in prop::collection::vec((-1_000_000_i64..10_000_000, 0_i64..4), 0..40), digits in 0_u32..=4,
        ) {
            let step = 10_i64.pow(4 - digits);
            let rate = |n: i64| (n > 0).then_some(Rate { rate: n * 700, id: n });
            let lines: Vec<_> = lines.into_iter().map(|(net, n)| (net / step * step, rate(n))).collect();
            let totals = Totals::of(lines.clone(), digits).unwrap();
            prop_assert_eq!(totals.subtotal, lines.iter().map(|(net, _)| net).sum::<i64>());
            prop_assert_eq!(totals.tax, totals.groups.iter().map(|g| g.tax).sum::<i64>());
            prop_assert_eq!(totals.total, totals.subtotal + totals.tax);
            for group in &totals.groups {
                prop_assert_eq!(group.tax % step, 0);
                let exact = i128::from(group.base) * i128::from(group.rate.map_or(0, |r| r.rate));
                let off = (exact - i128::from(group.tax) * i128::from(ONE)).abs();
                prop_assert!(off * 2 <= i128::from(step) * i128::from(ONE), "more than half a minor unit off");
            }
            // The order of lines does not matter.
            let mut turned = lines;
            turned.reverse();
            prop_assert_eq!(Totals::of(turned, digits).unwrap(), totals);
        }
    }
}
