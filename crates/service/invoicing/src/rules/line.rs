//! One line of a document, with what was left out.

use kontor_model::{Id, Result, Value};
use kontor_records::{Found, Sight, Touched, Verdict, refusal};

use super::kind::{Document, Kind};
use super::lookups::{Lookups, is_by_sku};
use crate::totals::{ONE, minor_digits, net};
use crate::words;

/// The amounts of a line.
#[derive(Debug, Clone)]
pub(crate) struct Amounts {
    pub document: i64,
    pub name: String,
    pub currency: String,
    pub price: Option<i64>,
    pub quantity: i64,
    pub discount: i64,
    pub tax_rate: Option<i64>,
}

impl Amounts {
    /// A line that is there already.
    pub fn found(found: &Found, kind: &Kind) -> Self {
        Self {
            document: found.int(kind.parent).unwrap_or(0),
            name: words::line(found.value("position"), found.text("description")),
            currency: found.text("currency").to_owned(),
            price: found.int("unit_price"),
            quantity: found.int("quantity").unwrap_or(ONE),
            discount: found.int("discount").unwrap_or(0),
            tax_rate: found.int("tax_rate_id"),
        }
    }

    fn touched(line: &Touched<'_>, kind: &Kind) -> Self {
        let int = |path: &str| line.field(path).1.as_i64();
        let text = |path: &str| line.field(path).1.as_str().unwrap_or_default();
        Self {
            document: int(kind.parent).unwrap_or(0),
            name: words::line(line.field("position").1, text("description")),
            currency: text("currency").to_owned(),
            price: int("unit_price"),
            quantity: int("quantity").unwrap_or(ONE),
            discount: int("discount").unwrap_or(0),
            tax_rate: int("tax_rate_id"),
        }
    }

    /// What it adds to the subtotal: nothing without a price; none beyond what money can hold.
    pub fn net(&self) -> Option<i64> {
        self.price.map_or(Some(0), |price| net(price, self.quantity, self.discount, minor_digits(&self.currency)))
    }
}

/// The currency that a line brings along: its own, else that of its product's price.
///
/// # Errors
/// As [`Lookups::product`].
pub(crate) async fn brought(sight: &Sight<'_>, lookups: &Lookups, line: &Touched<'_>) -> Result<Option<String>> {
    let own = line.field("currency").1.as_str().filter(|own| !own.is_empty());
    if let Some(own) = own {
        return Ok(Some(own.to_owned()));
    }
    let product = lookups.product(sight, line, "a line").await?;
    Ok(product.map(|product| product.text("currency").to_owned()).filter(|currency| !currency.is_empty()))
}

/// Fills in what a touched line leaves out; its amounts, and what becomes of its fields.
///
/// # Errors
/// 422000 `unknown_sku`, `sku_mismatch`, `currency_mismatch`, `amount_too_large`; the database's.
pub(crate) async fn completed(
    sight: &Sight<'_>,
    kind: &Kind,
    lookups: &Lookups,
    document: &Document<'_, '_>,
    line: &Touched<'_>,
    day: i64,
) -> Result<(Amounts, Vec<Verdict>)> {
    let mut amounts = Amounts::touched(line, kind);
    let mut out = Amendments { id: line.id, all: Vec::new() };
    let name = amounts.name.clone();
    if amounts.currency.is_empty() {
        amounts.currency.clone_from(&document.currency);
        out.set("currency", document.currency.as_str().into());
    } else if amounts.currency != document.currency {
        let detail = format!(
            "{name} is in {}, the {} in {}; all lines have the currency of their document",
            amounts.currency, kind.document, document.currency
        );
        return Err(refusal("currency_mismatch", detail));
    }
    if let Some(product) = lookups.product(sight, line, &name).await? {
        let new = is_by_sku(line) || line.changes("product_id");
        // Of a new product comes all that was not sent with it.
        let open = |path: &str| {
            line.field(path).1.is_null() || (new && !line.is_new() && !line.changes(path) && !line.is_by_service())
        };
        out.set("product_id", Value::Int(product.id.0));
        if open("sku") && !is_by_sku(line) {
            out.set("sku", product.value("sku").clone());
        }
        if open("description") {
            let name: String = product.text("name").chars().take(500).collect();
            out.set("description", name.into());
        }
        if open("unit") && !product.value("unit").is_null() {
            out.set("unit", product.value("unit").clone());
        }
        if open("unit_price") {
            amounts.price = price(product, document, &name)?;
            out.set("unit_price", amounts.price.into());
        }
        let untaxed = new || line.changes("tax_rate_id");
        if open("tax_rate_id") && untaxed && !line.is_by_service() {
            amounts.tax_rate = lookups.rate(product.text("tax_class"), amounts.document, day);
            out.set("tax_rate_id", amounts.tax_rate.into());
        }
    }
    let net = amounts.net().ok_or_else(|| too_large(&name))?;
    out.set("net", if amounts.price.is_some() { Value::Int(net) } else { Value::Null });
    Ok((amounts, out.all))
}

fn price(product: &Found, document: &Document<'_, '_>, name: &str) -> Result<Option<i64>> {
    let price = product.int("price");
    let currency = product.text("currency");
    if price.is_some() && currency != document.currency {
        let detail = format!(
            "{name}: the product's price is in {currency}, the document in {}; send a unit_price",
            document.currency
        );
        return Err(refusal("currency_mismatch", detail));
    }
    Ok(price)
}

pub(crate) fn too_large(name: &str) -> kontor_model::Error {
    refusal("amount_too_large", format!("{name} comes to more than money can hold"))
}

struct Amendments {
    id: Id,
    all: Vec<Verdict>,
}

impl Amendments {
    fn set(&mut self, field: &'static str, value: Value) {
        self.all.push(Verdict::Amend { id: self.id, field, value });
    }
}
