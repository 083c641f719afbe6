//! Seller (BG-4) and buyer (BG-7).

use super::xml::Xml;
use crate::document::{Address, Buyer, Document, Seller};

pub(super) fn write(xml: &mut Xml, document: &Document) {
    xml.within("cac:AccountingSupplierParty", |xml| {
        xml.within("cac:Party", |xml| seller(xml, &document.seller, document.lines.iter().all(is_out_of_scope)));
    });
    xml.within("cac:AccountingCustomerParty", |xml| {
        xml.within("cac:Party", |xml| buyer(xml, &document.buyer, document.lines.iter().all(is_out_of_scope)));
    });
}

fn is_out_of_scope(line: &crate::document::Line) -> bool {
    super::is_of(line.tax.as_ref(), crate::document::Category::OutOfScope)
}

/// An electronic address and the scheme that it is of (EAS): an e-mail address where nothing else is said.
pub(super) fn endpoint<'a>(address: &'a str, email: &'a str) -> Option<(&'a str, &'a str)> {
    match address.split_once(':') {
        Some((scheme, id)) => Some((scheme.trim(), id.trim())),
        None if email.is_empty() => None,
        None => Some(("EM", email)),
    }
}

fn electronic(xml: &mut Xml, address: &str, email: &str) {
    if let Some((scheme, id)) = endpoint(address, email) {
        xml.said("cbc:EndpointID", &[("schemeID", scheme)], id);
    }
}

fn seller(xml: &mut Xml, seller: &Seller, out_of_scope: bool) {
    electronic(xml, &seller.electronic_address, &seller.email);
    if !seller.trading_name.is_empty() {
        xml.within("cac:PartyName", |xml| xml.text("cbc:Name", &seller.trading_name));
    }
    xml.within("cac:PostalAddress", |xml| address(xml, &seller.address));
    // BR-O-2: who is out of scope names no number for VAT.
    if !out_of_scope {
        tax_scheme(xml, &seller.vat_id, "VAT");
    }
    tax_scheme(xml, &seller.tax_number, "FC");
    xml.within("cac:PartyLegalEntity", |xml| {
        xml.text("cbc:RegistrationName", &seller.name);
        xml.text("cbc:CompanyID", &seller.registration_number);
    });
    contact(xml, &seller.contact_name, &seller.phone, &seller.email);
}

fn buyer(xml: &mut Xml, buyer: &Buyer, out_of_scope: bool) {
    electronic(xml, &buyer.electronic_address, &buyer.email);
    xml.within("cac:PostalAddress", |xml| address(xml, &buyer.address));
    if !out_of_scope {
        tax_scheme(xml, &buyer.vat_id, "VAT");
    }
    xml.within("cac:PartyLegalEntity", |xml| xml.text("cbc:RegistrationName", &buyer.name));
    contact(xml, &buyer.contact, "", &buyer.email);
}

fn tax_scheme(xml: &mut Xml, number: &str, scheme: &str) {
    let number: String = number.chars().filter(|c| !c.is_whitespace()).collect();
    if !number.is_empty() {
        xml.within("cac:PartyTaxScheme", |xml| {
            xml.text("cbc:CompanyID", &number);
            xml.within("cac:TaxScheme", |xml| xml.text("cbc:ID", scheme));
        });
    }
}

fn contact(xml: &mut Xml, name: &str, phone: &str, email: &str) {
    if !(name.is_empty() && phone.is_empty() && email.is_empty()) {
        xml.within("cac:Contact", |xml| {
            xml.text("cbc:Name", name);
            xml.text("cbc:Telephone", phone);
            xml.text("cbc:ElectronicMail", email);
        });
    }
}

/// BG-5, BG-8, BG-15.
pub(super) fn address(xml: &mut Xml, address: &Address) {
    xml.text("cbc:StreetName", &address.street);
    xml.text("cbc:CityName", &address.city);
    xml.text("cbc:PostalZone", &address.postal_code);
    xml.text("cbc:CountrySubentity", &address.region);
    xml.within("cac:Country", |xml| xml.text("cbc:IdentificationCode", &address.country));
}

/// Whether a text is `scheme:id`: a scheme of the list EAS (four digits, or letters such as EM) and an id.
pub fn is_electronic_address(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, id)| {
        let known = scheme.len() == 4 && scheme.bytes().all(|b| b.is_ascii_digit())
            || matches!(scheme, "AN" | "AQ" | "AS" | "AU" | "EM");
        known && !id.trim().is_empty()
    })
}
