//! Prices of products: a price book's, else the product's own, in the document's currency.

use std::collections::HashMap;

use kontor_model::time::date_text;
use kontor_model::{Op, Result, Value};
use kontor_records::Sight;

use super::price::{Tier, tier};
use super::products::{Product, Products};
use super::totals::{ONE, converted};

/// The most entries of price books that are read for one set of lines.
const MOST_ENTRIES: u64 = 100_000;

/// A rate of exchange: units of eight digits, and whether it is of the other way round.
type Rate = (i64, bool);

/// What prices are looked up in.
pub(crate) struct Prices {
    /// By book and product.
    tiers: HashMap<(i64, i64), Vec<Tier>>,
    /// By the two currencies, as they are asked for.
    rates: HashMap<(String, String), Option<Rate>>,
}

impl Prices {
    /// Reads the entries that these books have for these products, of the books that hold today.
    ///
    /// # Errors
    /// The database's.
    pub async fn load(sight: &Sight<'_>, books: &[i64], products: &Products) -> Result<Self> {
        let mut out = Self { tiers: HashMap::new(), rates: HashMap::new() };
        let mut books = books.to_vec();
        books.sort_unstable();
        books.dedup();
        let wanted: Vec<i64> = products.all().map(|product| product.id.0).collect();
        if books.is_empty() || wanted.is_empty() {
            return Ok(out);
        }
        let (today, most) = (sight.today(), books.len() as u64);
        let found = sight.find("price_book", &[("id", Op::In, Value::Ints(books))], most).await?;
        let holds = found.iter().filter(|book| {
            book.value("active").as_bool() != Some(false)
                && book.int("valid_from").is_none_or(|first| first <= today)
                && book.int("valid_until").is_none_or(|last| today <= last)
        });
        let holding: Vec<i64> = holds.map(|book| book.id.0).collect();
        if holding.is_empty() {
            return Ok(out);
        }
        let of = [("price_book_id", Op::In, Value::Ints(holding)), ("product_id", Op::In, Value::Ints(wanted))];
        for entry in sight.find("price_book_entry", &of, MOST_ENTRIES).await? {
            let key = entry.int("price_book_id").zip(entry.int("product_id"));
            if let (Some(key), Some(price)) = (key, entry.int("unit_price")) {
                let min_quantity = entry.int("min_quantity").unwrap_or(ONE);
                let currency = entry.text("currency").to_owned();
                out.tiers.entry(key).or_default().push(Tier { min_quantity, price, currency });
            }
        }
        Ok(out)
    }

    /// The price of one unit; none when the product has none. Within: the rule that refuses it and why.
    ///
    /// # Errors
    /// The database's.
    pub async fn of(
        &mut self,
        sight: &Sight<'_>,
        product: &Product,
        book: Option<i64>,
        quantity: i64,
        currency: &str,
    ) -> Result<Result<Option<i64>, (&'static str, String)>> {
        let tiers = book.and_then(|book| self.tiers.get(&(book, product.id.0)));
        let of_book = tiers.and_then(|tiers| tier(tiers, quantity, currency));
        let of_product = || Some((product.price?, product.currency.clone()));
        let Some((price, own)) = of_book.map(|tier| (tier.price, tier.currency.clone())).or_else(of_product) else {
            return Ok(Ok(None));
        };
        if own == currency {
            return Ok(Ok(Some(price)));
        }
        let rate = self.rate(sight, &own, currency).await?;
        let Some(price) = rate.and_then(|(rate, inverse)| converted(price, rate, inverse)) else {
            let name = product.sku.as_ref().unwrap_or(&product.name);
            let day = date_text(sight.today());
            let detail = format!(
                "{name} is priced in {own}, the document is in {currency}, and there is no exchange rate between them on \
                 {day}; send unit_price or make the rate"
            );
            return Ok(Err(("currency_mismatch", detail)));
        };
        Ok(Ok(Some(price)))
    }

    /// The newest rate between two currencies, whichever way round it is written down.
    async fn rate(&mut self, sight: &Sight<'_>, from: &str, to: &str) -> Result<Option<Rate>> {
        let key = (from.to_owned(), to.to_owned());
        if let Some(known) = self.rates.get(&key) {
            return Ok(*known);
        }
        let mut newest: Option<(i64, Rate)> = None;
        for (base, quote, inverse) in [(from, to, false), (to, from, true)] {
            let of = [
                ("base_currency", Op::Eq, Value::text(base)),
                ("quote_currency", Op::Eq, Value::text(quote)),
                ("valid_on", Op::Lte, Value::Int(sight.today())),
            ];
            let found = sight.sorted("exchange_rate", &of, &["-valid_on", "-id"], 1).await?.pop();
            let dated = found.and_then(|rate| Some((rate.int("valid_on")?, (rate.int("rate")?, inverse))));
            if let Some(dated) = dated.filter(|(day, _)| newest.is_none_or(|(known, _)| *day > known)) {
                newest = Some(dated);
            }
        }
        let rate = newest.map(|(_, rate)| rate);
        self.rates.insert(key, rate);
        Ok(rate)
    }
}
