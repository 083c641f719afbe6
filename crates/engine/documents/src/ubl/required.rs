//! What has to be there for an electronic invoice, before one is written: all that is missing is named at once.

use kontor_model::{Error, ErrorCode, Fault, Result};

use super::{Profile, refused};
use crate::document::{Category, Document, Kind};

/// # Errors
/// 422000 `einvoice_incomplete` with a fault for each thing; 422000 `einvoice_currency`.
pub(super) fn check(document: &Document, profile: Profile) -> Result<()> {
    if document.digits() > 2 {
        let detail = format!("amounts in {} have more than the two digits that EN 16931 has", document.currency);
        return Err(refused("einvoice_currency", &detail));
    }
    let mut missing = Missing(Vec::new());
    seller(document, &mut missing);
    buyer(document, &mut missing);
    taxes(document, &mut missing);
    if profile != Profile::En16931 {
        peppol(document, &mut missing);
    }
    if profile == Profile::Xrechnung {
        xrechnung(document, &mut missing);
    }
    let addresses = [
        ("legal_entity.electronic_address", &document.seller.electronic_address),
        ("billing_electronic_address", &document.buyer.electronic_address),
    ];
    for (field, address) in addresses {
        if !address.is_empty() && !super::is_electronic_address(address) {
            missing.fault(field, "must be scheme:id by the list EAS, such as 0088:4012345000009");
        }
    }
    let Missing(faults) = missing;
    if faults.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    let detail = format!(
        "einvoice_incomplete: {} missing or not right for an electronic invoice: {}; each is explained in errors",
        if names.len() == 1 { "one thing is".to_owned() } else { format!("{} things are", names.len()) },
        names.join(", ")
    );
    Err(Error::new(ErrorCode::RuleRefused, detail).with_faults(faults))
}

struct Missing(Vec<Fault>);

impl Missing {
    /// The field has to be filled.
    fn want(&mut self, field: &str, text: &str, why: &str) {
        if text.trim().is_empty() {
            self.fault(field, why);
        }
    }

    fn fault(&mut self, field: &str, why: &str) {
        if !self.0.iter().any(|fault| fault.field == field) {
            self.0.push(Fault::new(field, "required", why));
        }
    }
}

fn has(document: &Document, category: Category) -> bool {
    document.lines.iter().any(|line| super::is_of(line.tax.as_ref(), category))
}

fn seller(document: &Document, missing: &mut Missing) {
    let seller = &document.seller;
    missing.want("legal_entity.name", &seller.name, "the seller's name (BT-27); make a legal_entity");
    missing.want("legal_entity.address_country", &seller.address.country, "the seller's country (BT-40)");
    if seller.vat_id.is_empty() && seller.registration_number.is_empty() {
        missing.fault("legal_entity.vat_id", "the seller's VAT ID (BT-31) or registration_number (BT-30, BR-CO-26)");
    }
    let strict = [Category::IntraCommunity, Category::Export].into_iter().any(|one| has(document, one));
    if strict {
        missing.want("legal_entity.vat_id", &seller.vat_id, "the seller's VAT ID (BT-31), for a supply to abroad");
    } else if !document.lines.is_empty()
        && !has(document, Category::OutOfScope)
        && seller.vat_id.is_empty()
        && seller.tax_number.is_empty()
    {
        missing
            .fault("legal_entity.vat_id", "the seller's VAT ID (BT-31) or tax_number (BT-32), as VAT is said (BR-S-2)");
    }
}

fn buyer(document: &Document, missing: &mut Missing) {
    let buyer = &document.buyer;
    missing.want("billing_name", &buyer.name, "the buyer's name (BT-44)");
    missing.want(
        "billing_country",
        &buyer.address.country,
        "the buyer's country (BT-55), of the document or of the customer's company",
    );
    if [Category::ReverseCharge, Category::IntraCommunity].into_iter().any(|one| has(document, one)) {
        missing.want("billing_tax_id", &buyer.vat_id, "the buyer's VAT ID (BT-48), as the buyer owes the tax");
    }
}

fn taxes(document: &Document, missing: &mut Missing) {
    for (at, line) in document.lines.iter().enumerate() {
        let field = format!("lines.{at}.tax_rate_id");
        let Some(kind) = &line.tax else {
            missing.fault(
                &field,
                "the line's tax rate (BT-151); what is not taxed has one too: with the rate 0 and a category",
            );
            continue;
        };
        match (kind.category(), kind.rate) {
            (Category::Standard, 0) => {
                missing.fault(&field, "a tax rate of the category standard above 0 (BR-S-5), or of another category");
            }
            (Category::Standard, _) => {}
            (_, rate) if rate != 0 => {
                missing.fault(&field, "a tax rate of the category standard, as tax is charged");
            }
            (Category::Exempt, _) if kind.reason.trim().is_empty() => {
                missing.fault(&field, "the exemption_reason of the tax rate (BT-120, BR-E-10)");
            }
            _ => {}
        }
    }
    if has(document, Category::OutOfScope)
        && !document.lines.iter().all(|l| super::is_of(l.tax.as_ref(), Category::OutOfScope))
    {
        missing.fault("lines", "either all lines out of scope of VAT, or none (BR-O-11)");
    }
    if has(document, Category::IntraCommunity) && document.delivered.is_none() {
        missing.fault("delivery_date", "the day of delivery (BT-72, BR-IC-11), for a supply within the EU");
    }
}

/// Peppol BIS Billing 3.0: PEPPOL-EN16931-R003, R010, R020.
fn peppol(document: &Document, missing: &mut Missing) {
    let (seller, buyer) = (&document.seller, &document.buyer);
    let no_address = |address: &str, email: &str| super::parties::endpoint(address, email).is_none();
    if no_address(&seller.electronic_address, &seller.email) {
        missing.fault("legal_entity.electronic_address", "the seller's electronic address (BT-34), or an email");
    }
    if no_address(&buyer.electronic_address, &buyer.email) {
        missing.fault("billing_electronic_address", "the buyer's electronic address (BT-49), or the customer's email");
    }
    if buyer.reference.is_empty() && buyer.purchase_order.is_empty() {
        missing.fault("buyer_reference", "what the buyer wants to find on it (BT-10), or purchase_order (BT-13)");
    }
}

/// XRechnung 3.0: BR-DE-1 to BR-DE-9 and BR-DE-15.
fn xrechnung(document: &Document, missing: &mut Missing) {
    let (seller, buyer) = (&document.seller, &document.buyer);
    missing.want("legal_entity.contact_name", &seller.contact_name, "whom to speak to (BT-41, BR-DE-5)");
    missing.want("legal_entity.phone", &seller.phone, "the seller's telephone number (BT-42, BR-DE-6)");
    missing.want("legal_entity.email", &seller.email, "the seller's e-mail address (BT-43, BR-DE-7)");
    missing.want("legal_entity.address_city", &seller.address.city, "the seller's city (BT-37, BR-DE-3)");
    missing.want(
        "legal_entity.address_postal_code",
        &seller.address.postal_code,
        "the seller's postal code (BT-38, BR-DE-4)",
    );
    missing.want("billing_city", &buyer.address.city, "the buyer's city (BT-52, BR-DE-8)");
    missing.want("billing_postal_code", &buyer.address.postal_code, "the buyer's postal code (BT-53, BR-DE-9)");
    missing.want("buyer_reference", &buyer.reference, "the buyer's reference, such as a Leitweg-ID (BT-10, BR-DE-15)");
    if document.kind == Kind::Invoice {
        missing.want("legal_entity.iban", &seller.iban, "the account to pay to (BT-84, BR-DE-1)");
    }
}
