//! Which price of a price book is meant.

/// A price of a price book, from some quantity on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tier {
    /// Of four digits.
    pub min_quantity: i64,
    /// In units of 1/10,000.
    pub price: i64,
    pub currency: String,
}

/// The tier that a quantity reaches: the one that asks for most of it. A price in the document's own currency goes
/// before one that would be converted.
pub(crate) fn tier<'t>(tiers: &'t [Tier], quantity: i64, currency: &str) -> Option<&'t Tier> {
    let reached = tiers.iter().filter(|tier| tier.min_quantity <= quantity);
    reached.max_by_key(|tier| (tier.currency == currency, tier.min_quantity))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(min: i64, price: i64, currency: &str) -> Tier {
        Tier { min_quantity: min * 10_000, price, currency: currency.to_owned() }
    }

    #[test]
    fn the_highest_tier_that_is_reached() {
        let tiers = [of(10, 90, "EUR"), of(1, 100, "EUR"), of(100, 80, "EUR")];
        let price = |quantity: i64| tier(&tiers, quantity, "EUR").map(|tier| tier.price);
        assert_eq!((price(9_999), price(10_000), price(99_999)), (None, Some(100), Some(100)));
        assert_eq!((price(100_000), price(999_999), price(1_000_000)), (Some(90), Some(90), Some(80)));
    }

    #[test]
    fn the_own_currency_goes_first() {
        let tiers = [of(1, 100, "EUR"), of(10, 70, "USD")];
        assert_eq!(tier(&tiers, 200_000, "EUR").map(|t| t.price), Some(100));
        assert_eq!(tier(&tiers, 200_000, "USD").map(|t| t.price), Some(70));
        assert_eq!(tier(&tiers, 200_000, "JPY").map(|t| t.price), Some(70));
    }
}
