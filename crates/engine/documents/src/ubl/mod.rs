//! Electronic invoices: UBL 2.1 (ISO/IEC 19845) by the rules of EN 16931-1 with the syntax binding CEN/TS 16931-3-2.
//! `BT-…` and `BG-…` are its business terms, `BR-…` its rules.

mod lines;
mod parties;
mod required;
mod xml;

use kontor_model::time::date_text;
use kontor_model::{Error, Result};

pub use self::parties::is_electronic_address;
use self::xml::Xml;
use crate::document::{Category, Document, Kind, TaxKind, TaxLine};

/// A set of rules on top of EN 16931.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// EN 16931 alone.
    #[default]
    En16931,
    /// Peppol BIS Billing 3.0.
    Peppol,
    /// XRechnung 3.0, of the German administration.
    Xrechnung,
}

/// The profiles as callers name them.
pub const PROFILES: &[&str] = &["en16931", "peppol", "xrechnung"];

impl Profile {
    /// By its name in [`PROFILES`]; EN 16931 for anything else.
    pub fn named(name: &str) -> Self {
        match name {
            "peppol" => Self::Peppol,
            "xrechnung" => Self::Xrechnung,
            _ => Self::En16931,
        }
    }

    /// BT-24.
    fn customization(self) -> &'static str {
        match self {
            Self::En16931 => "urn:cen.eu:en16931:2017",
            Self::Peppol => "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
            Self::Xrechnung => "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0",
        }
    }

    /// BT-23.
    fn process(self) -> &'static str {
        match self {
            Self::En16931 => "",
            Self::Peppol | Self::Xrechnung => "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0",
        }
    }
}

const CAC: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2";
const CBC: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2";

/// An amount as EN 16931 has it: the digits of the currency, a point, no grouping.
fn amount(units: i64, digits: u32) -> String {
    let digits = digits.min(4);
    let step = 10_u64.pow(4 - digits);
    let (sign, units) = (if units < 0 { "-" } else { "" }, units.unsigned_abs() / step);
    let one = 10_u64.pow(digits);
    match digits {
        0 => format!("{sign}{units}"),
        _ => format!("{sign}{}.{:0width$}", units / one, units % one, width = usize::try_from(digits).unwrap_or(0)),
    }
}

/// A decimal with as many digits as it needs.
fn decimal(units: i64) -> String {
    kontor_model::decimal::to_decimal(units, 4).normalize().to_string()
}

/// Writes an invoice or a credit note.
///
/// # Errors
/// 422000 `einvoice_incomplete` that names all that is missing; 422000 `einvoice_currency`.
pub fn write(document: &Document, profile: Profile) -> Result<Vec<u8>> {
    required::check(document, profile)?;
    let is_credit = document.kind == Kind::CreditNote;
    let root = if is_credit { "CreditNote" } else { "Invoice" };
    let namespace = format!("urn:oasis:names:specification:ubl:schema:xsd:{root}-2");
    let mut xml = Xml::new();
    xml.with(root, &[("xmlns", &namespace), ("xmlns:cac", CAC), ("xmlns:cbc", CBC)], |xml| {
        head(xml, document, profile);
        references(xml, document);
        parties::write(xml, document);
        delivery(xml, document);
        payment(xml, document);
        taxes(xml, document);
        totals(xml, document);
        lines::write(xml, document);
    });
    xml.finish()
}

fn day(day: Option<i64>) -> String {
    day.map(date_text).unwrap_or_default()
}

fn head(xml: &mut Xml, document: &Document, profile: Profile) {
    let is_credit = document.kind == Kind::CreditNote;
    xml.text("cbc:CustomizationID", profile.customization());
    xml.text("cbc:ProfileID", profile.process());
    xml.text("cbc:ID", &document.number);
    xml.text("cbc:IssueDate", &day(document.issued));
    if is_credit {
        xml.text("cbc:CreditNoteTypeCode", "381");
    } else {
        xml.text("cbc:DueDate", &day(document.due));
        xml.text("cbc:InvoiceTypeCode", "380");
    }
    xml.text("cbc:Note", &note(document));
    xml.text("cbc:DocumentCurrencyCode", &document.currency);
    xml.text("cbc:BuyerReference", &document.buyer.reference);
}

/// The notes, and what the law asks to be said of the seller.
fn note(document: &Document) -> String {
    let all = [document.reason.as_str(), &document.notes, &document.seller.legal_notice];
    crate::sheet::filled(all).join("\n")
}

fn references(xml: &mut Xml, document: &Document) {
    if !document.buyer.purchase_order.is_empty() {
        xml.within("cac:OrderReference", |xml| xml.text("cbc:ID", &document.buyer.purchase_order));
    }
    if let Some((number, issued)) = &document.preceding {
        xml.within("cac:BillingReference", |xml| {
            xml.within("cac:InvoiceDocumentReference", |xml| {
                xml.text("cbc:ID", number);
                xml.text("cbc:IssueDate", &day(*issued));
            });
        });
    }
}

fn delivery(xml: &mut Xml, document: &Document) {
    let abroad = document.lines.iter().any(|line| is_of(line.tax.as_ref(), Category::IntraCommunity));
    if document.delivered.is_none() && !abroad {
        return;
    }
    xml.within("cac:Delivery", |xml| {
        xml.text("cbc:ActualDeliveryDate", &day(document.delivered));
        // BR-IC-12: where the goods went.
        if abroad {
            xml.within("cac:DeliveryLocation", |xml| {
                xml.within("cac:Address", |xml| parties::address(xml, &document.buyer.address));
            });
        }
    });
}

fn is_of(kind: Option<&TaxKind>, category: Category) -> bool {
    kind.is_some_and(|kind| kind.category() == category)
}

/// BG-16: how it is paid (UNTDID 4461).
fn payment(xml: &mut Xml, document: &Document) {
    let seller = &document.seller;
    let iban: String = seller.iban.chars().filter(|c| !c.is_whitespace()).collect();
    if document.kind == Kind::CreditNote {
        // Cleared between partners: nobody transfers anything for it.
        xml.within("cac:PaymentMeans", |xml| xml.text("cbc:PaymentMeansCode", "97"));
    } else if !iban.is_empty() {
        let holder = if seller.account_holder.is_empty() { &seller.name } else { &seller.account_holder };
        xml.within("cac:PaymentMeans", |xml| {
            xml.text("cbc:PaymentMeansCode", if document.currency == "EUR" { "58" } else { "30" });
            xml.text("cbc:PaymentID", &document.number);
            xml.within("cac:PayeeFinancialAccount", |xml| {
                xml.text("cbc:ID", &iban);
                xml.text("cbc:Name", holder);
                if !seller.bic.is_empty() {
                    xml.within("cac:FinancialInstitutionBranch", |xml| xml.text("cbc:ID", &seller.bic));
                }
            });
        });
    }
    let terms = match &document.preceding {
        Some((number, _)) => format!("Credited against {number}."),
        None => seller.payment_note.clone(),
    };
    if !terms.trim().is_empty() {
        xml.within("cac:PaymentTerms", |xml| xml.text("cbc:Note", &terms));
    }
}

/// The code and percentage of a category of tax (BT-118 and BT-119, BT-151 and BT-152).
fn category(xml: &mut Xml, element: &str, kind: Option<&TaxKind>, with_reason: bool) {
    let Some(kind) = kind else { return };
    let category = kind.category();
    xml.within(element, |xml| {
        xml.text("cbc:ID", category.code());
        // BR-O-5: what is out of scope has no rate.
        if category != Category::OutOfScope {
            xml.text("cbc:Percent", &decimal(kind.rate.saturating_mul(100)));
        }
        if with_reason {
            xml.text("cbc:TaxExemptionReasonCode", reason_code(category));
            let is_exempt = !matches!(category, Category::Standard | Category::Zero);
            xml.text("cbc:TaxExemptionReason", if is_exempt { &kind.reason } else { "" });
        }
        xml.within("cac:TaxScheme", |xml| xml.text("cbc:ID", "VAT"));
    });
}

/// Of the list VATEX.
fn reason_code(category: Category) -> &'static str {
    match category {
        Category::ReverseCharge => "VATEX-EU-AE",
        Category::IntraCommunity => "VATEX-EU-IC",
        Category::Export => "VATEX-EU-G",
        Category::OutOfScope => "VATEX-EU-O",
        Category::Standard | Category::Zero | Category::Exempt => "",
    }
}

/// BG-23.
fn taxes(xml: &mut Xml, document: &Document) {
    let currency = [("currencyID", document.currency.as_str())];
    let digits = document.digits();
    xml.within("cac:TaxTotal", |xml| {
        xml.said("cbc:TaxAmount", &currency, &amount(document.tax, digits));
        for TaxLine { kind, base, tax } in document.breakdown() {
            xml.within("cac:TaxSubtotal", |xml| {
                xml.said("cbc:TaxableAmount", &currency, &amount(base, digits));
                xml.said("cbc:TaxAmount", &currency, &amount(tax, digits));
                category(xml, "cac:TaxCategory", kind.as_ref(), true);
            });
        }
    });
}

/// BG-22. What was paid since is no part of it: an invoice is the same for ever.
fn totals(xml: &mut Xml, document: &Document) {
    let currency = [("currencyID", document.currency.as_str())];
    let digits = document.digits();
    xml.within("cac:LegalMonetaryTotal", |xml| {
        xml.said("cbc:LineExtensionAmount", &currency, &amount(document.subtotal, digits));
        xml.said("cbc:TaxExclusiveAmount", &currency, &amount(document.subtotal, digits));
        xml.said("cbc:TaxInclusiveAmount", &currency, &amount(document.total, digits));
        xml.said("cbc:PayableAmount", &currency, &amount(document.total, digits));
    });
}

/// 422000 with the name of a rule.
fn refused(rule: &str, detail: &str) -> Error {
    kontor_records::refusal(rule, detail)
}

#[cfg(test)]
mod tests;
