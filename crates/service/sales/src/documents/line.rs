//! A line as it is worked on: what it was, what it becomes.

use kontor_model::{Id, Value};
use kontor_records::{Found, Touched, Verdict};

use super::totals::{Amounts, ONE, Rate};

/// The fields of a line that rules look at and set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub id: Id,
    pub document: Option<Id>,
    pub position: Option<i64>,
    pub product: Option<i64>,
    pub sku: Option<String>,
    pub description: Option<String>,
    pub quantity: i64,
    pub unit: Option<String>,
    pub price: Option<i64>,
    pub discount: i64,
    pub tax_rate: Option<i64>,
    pub currency: Option<String>,
}

impl Line {
    fn read<'v>(id: Id, parent: &str, value: impl Fn(&str) -> &'v Value) -> Self {
        let int = |path: &str| value(path).as_i64();
        let text = |path: &str| value(path).as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        Self {
            id,
            document: int(parent).map(Id),
            position: int("position"),
            product: int("product_id"),
            sku: text("sku"),
            description: text("description"),
            quantity: int("quantity").unwrap_or(ONE),
            unit: text("unit"),
            price: int("unit_price"),
            discount: int("discount").unwrap_or(0),
            tax_rate: int("tax_rate_id"),
            currency: text("currency"),
        }
    }

    pub fn found(line: &Found, parent: &str) -> Self {
        Self::read(line.id, parent, |path| line.value(path))
    }

    /// As it would be.
    pub fn touched(line: &Touched<'_>, parent: &str) -> Self {
        Self::read(line.id, parent, |path| line.field(path).1)
    }

    pub fn amounts(&self, tax: Option<Rate>) -> Amounts {
        Amounts { price: self.price, quantity: self.quantity, discount: self.discount, tax }
    }

    /// How a refusal calls it.
    pub fn name(&self) -> String {
        self.position.map_or_else(|| "the line".to_owned(), |position| format!("line {position}"))
    }

    /// What differs from what was sent.
    pub fn amendments(&self, sent: &Self) -> Vec<Verdict> {
        let mut out = Vec::new();
        let mut set = |field: &'static str, differs: bool, value: Value| {
            if differs {
                out.push(Verdict::Amend { id: self.id, field, value });
            }
        };
        set("product_id", self.product != sent.product, self.product.into());
        set("sku", self.sku != sent.sku, self.sku.clone().into());
        set("description", self.description != sent.description, self.description.clone().into());
        set("unit", self.unit != sent.unit, self.unit.clone().into());
        set("unit_price", self.price != sent.price, self.price.into());
        set("currency", self.currency != sent.currency, self.currency.clone().into());
        out
    }
}
