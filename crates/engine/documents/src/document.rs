//! A commercial document as it is printed and sent, whatever record it comes from. Amounts, prices and quantities are
//! in units of 1/10,000, days are days since 1970.

use kontor_model::{Json, Value};
use serde::{Deserialize, Serialize};

/// One, in units of a decimal of four digits.
pub const ONE: i64 = 10_000;

/// What kind of document it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Quote,
    Invoice,
    CreditNote,
}

/// The language that it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    #[default]
    English,
    German,
}

/// The languages as callers name them (BCP 47).
pub const LANGUAGES: &[&str] = &["en", "de"];

impl Language {
    /// `de` is German; everything else is English.
    pub fn of(code: &str) -> Self {
        if code.get(..2).is_some_and(|two| two.eq_ignore_ascii_case("de")) { Self::German } else { Self::English }
    }
}

/// What is stamped across a document that is not to be taken for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    Draft,
    Void,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    pub street: String,
    pub city: String,
    pub region: String,
    pub postal_code: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

/// Who issues a document: a legal entity of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Seller {
    pub name: String,
    pub trading_name: String,
    pub address: Address,
    /// With its country: `DE123456789` (BT-31).
    pub vat_id: String,
    /// The local tax office's number (BT-32).
    pub tax_number: String,
    /// Of the register of companies (BT-30).
    pub registration_number: String,
    /// Where it is registered, who manages it: what the law asks to be on letters.
    pub legal_notice: String,
    /// `scheme:id` (BT-34), the scheme of the list EAS.
    pub electronic_address: String,
    pub contact_name: String,
    pub email: String,
    pub phone: String,
    pub website: String,
    pub bank_name: String,
    pub account_holder: String,
    pub iban: String,
    pub bic: String,
    pub payment_note: String,
    pub language: String,
    /// PNG, JPEG or SVG in base64. Not kept with issued documents: a new look is no other seller.
    #[serde(skip)]
    pub logo: String,
}

/// Who a document is for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Buyer {
    pub name: String,
    /// The person to speak to.
    pub contact: String,
    pub address: Address,
    pub vat_id: String,
    pub email: String,
    /// `scheme:id` (BT-49).
    pub electronic_address: String,
    /// What the buyer wants to find on it (BT-10).
    pub reference: String,
    /// The number of the buyer's own order (BT-13).
    pub purchase_order: String,
    /// What the buyer speaks (BCP 47); empty where it is not known.
    pub language: String,
}

/// A category of value added tax (UNCL 5305, as EN 16931 uses it).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    Standard,
    Zero,
    Exempt,
    ReverseCharge,
    IntraCommunity,
    Export,
    OutOfScope,
}

/// The categories as tax rates name them.
pub const CATEGORIES: &[&str] =
    &["standard", "zero", "exempt", "reverse_charge", "intra_community", "export", "out_of_scope"];

impl Category {
    /// By its name in [`CATEGORIES`].
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "standard" => Self::Standard,
            "zero" => Self::Zero,
            "exempt" => Self::Exempt,
            "reverse_charge" => Self::ReverseCharge,
            "intra_community" => Self::IntraCommunity,
            "export" => Self::Export,
            "out_of_scope" => Self::OutOfScope,
            _ => return None,
        })
    }

    /// The code of UNCL 5305.
    pub fn code(self) -> &'static str {
        match self {
            Self::Standard => "S",
            Self::Zero => "Z",
            Self::Exempt => "E",
            Self::ReverseCharge => "AE",
            Self::IntraCommunity => "K",
            Self::Export => "G",
            Self::OutOfScope => "O",
        }
    }
}

/// What tax a line, or a sum of lines, is under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TaxKind {
    /// Name in [`CATEGORIES`].
    pub category: String,
    /// 1,900 is 19 per cent.
    pub rate: i64,
    /// Why nothing is charged; empty where there is no need to say.
    pub reason: String,
}

impl TaxKind {
    pub fn category(&self) -> Category {
        Category::named(&self.category).unwrap_or(if self.rate == 0 { Category::Zero } else { Category::Standard })
    }
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    pub sku: String,
    pub description: String,
    pub quantity: i64,
    /// As [`crate::unit`] knows it, or any word; empty where none is said.
    pub unit: String,
    pub price: i64,
    /// The part taken off: 1,500 is 15 per cent.
    pub discount: i64,
    pub net: i64,
    /// None where no rate was said.
    pub tax: Option<TaxKind>,
}

/// The tax of all lines of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxLine {
    pub kind: Option<TaxKind>,
    pub base: i64,
    pub tax: i64,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub kind: Kind,
    pub language: Language,
    pub stamp: Option<Stamp>,
    /// Empty while it has none.
    pub number: String,
    pub issued: Option<i64>,
    pub due: Option<i64>,
    /// The last day of an offer.
    pub valid_until: Option<i64>,
    /// When goods or services were delivered (BT-72).
    pub delivered: Option<i64>,
    /// ISO 4217.
    pub currency: String,
    pub seller: Seller,
    pub buyer: Buyer,
    /// The invoice that a credit note takes back: number and day.
    pub preceding: Option<(String, Option<i64>)>,
    pub reason: String,
    pub lines: Vec<Line>,
    pub taxes: Vec<TaxLine>,
    pub subtotal: i64,
    pub tax: i64,
    pub total: i64,
    pub notes: String,
}

impl Document {
    /// Digits after the point that its amounts have.
    pub fn digits(&self) -> u32 {
        minor_digits(&self.currency)
    }

    /// The tax by category and rate: what different rates of the same kind come to together.
    pub fn breakdown(&self) -> Vec<TaxLine> {
        let mut out: Vec<TaxLine> = Vec::with_capacity(self.taxes.len());
        for line in &self.taxes {
            let key = |one: &TaxLine| one.kind.as_ref().map(|kind| (kind.category(), kind.rate));
            match out.iter_mut().find(|known| key(known) == key(line)) {
                Some(known) => {
                    known.base += line.base;
                    known.tax += line.tax;
                }
                None => out.push(line.clone()),
            }
        }
        out
    }
}

/// Digits after the point of a currency's amounts (ISO 4217, minor units), at most four.
pub fn minor_digits(currency: &str) -> u32 {
    let found = iso_currency::Currency::from_code(currency).and_then(|currency| currency.exponent());
    found.map_or(4, |digits| u32::from(digits).min(4))
}

/// What a document keeps of other records once it is issued, so that it is printed the same for ever.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Issued {
    pub seller: Seller,
    /// By the id of the tax rate.
    pub taxes: std::collections::BTreeMap<String, TaxKind>,
    /// None where it is kept elsewhere, or was issued before buyers were kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer: Option<Buyer>,
}

impl Buyer {
    /// As a record keeps it.
    pub fn value(&self) -> Value {
        serde_json::to_string(self).map_or(Value::Null, Value::Json)
    }

    /// As [`Buyer::value`] wrote it; none where there is nothing, or nothing that can be read.
    pub fn read(value: &Value) -> Option<Self> {
        serde_json::from_str(value.as_str()?).ok()
    }
}

impl Issued {
    /// As a record keeps it.
    pub fn value(&self) -> Value {
        serde_json::to_string(self).map_or(Value::Null, Value::Json)
    }

    /// As [`Issued::value`] wrote it; none where there is nothing, or nothing that can be read.
    pub fn read(value: &Value) -> Option<Self> {
        serde_json::from_str(value.as_str()?).ok()
    }

    /// The same as data of a change.
    ///
    /// # Errors
    /// None in practice: what was written is JSON.
    pub fn json(&self) -> kontor_model::Result<Json> {
        let text = serde_json::to_string(self).map_err(kontor_model::Error::internal)?;
        Json::parse_str(&text).map_err(kontor_model::Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tax(category: &str, rate: i64, base: i64, tax: i64) -> TaxLine {
        let kind = TaxKind { category: category.to_owned(), rate, reason: String::new() };
        TaxLine { kind: Some(kind), base, tax }
    }

    #[test]
    fn rates_of_one_kind_come_together() {
        let document = Document {
            taxes: vec![
                tax("standard", 1_900, 100, 19),
                tax("standard", 700, 50, 3),
                tax("standard", 1_900, 200, 38),
                TaxLine { kind: None, base: 5, tax: 0 },
            ],
            ..crate::testing::invoice()
        };
        let found: Vec<(i64, i64)> = document.breakdown().iter().map(|line| (line.base, line.tax)).collect();
        assert_eq!(found, [(300, 57), (50, 3), (5, 0)]);
    }

    #[test]
    fn what_is_issued_is_read_again_without_the_logo() {
        let mut issued = Issued::default();
        issued.seller.name = "Nord GmbH".to_owned();
        issued.seller.logo = "iVBORw0KGgo=".to_owned();
        issued.taxes.insert("7".to_owned(), TaxKind { category: "zero".into(), rate: 0, reason: String::new() });
        let read = Issued::read(&issued.value()).unwrap();
        assert_eq!((read.seller.name.as_str(), read.seller.logo.as_str()), ("Nord GmbH", ""));
        assert_eq!(read.taxes, issued.taxes);
        assert_eq!(read.buyer, None);
        let buyer = Buyer { name: "Süd AG".to_owned(), language: "de".to_owned(), ..Buyer::default() };
        assert_eq!(Buyer::read(&buyer.value()), Some(buyer.clone()));
        let issued = Issued { buyer: Some(buyer), ..issued };
        assert_eq!(Issued::read(&issued.value()).unwrap().buyer, issued.buyer);
        assert_eq!(Issued::read(&Value::Null), None);
    }

    #[test]
    fn every_category_has_a_code_of_its_own() {
        let codes: std::collections::BTreeSet<&str> =
            CATEGORIES.iter().map(|name| Category::named(name).unwrap().code()).collect();
        assert_eq!(codes.len(), CATEGORIES.len());
    }
}
