//! A document for tests: an invoice of Nord GmbH.

use crate::document::{Address, Buyer, Document, Kind, Language, Line, ONE, Seller, TaxKind, TaxLine};

pub fn seller() -> Seller {
    Seller {
        name: "Nord GmbH".into(),
        address: Address {
            street: "Hafenstraße 12".into(),
            city: "Hamburg".into(),
            region: String::new(),
            postal_code: "20457".into(),
            country: "DE".into(),
        },
        vat_id: "DE123456789".into(),
        tax_number: "22/815/08154".into(),
        registration_number: "HRB 4711".into(),
        legal_notice: "Amtsgericht Hamburg · Geschäftsführung: Ida Krause".into(),
        contact_name: "Ida Krause".into(),
        email: "rechnung@nord.example".into(),
        phone: "+49 40 1234567".into(),
        website: "https://nord.example".into(),
        bank_name: "Hafenbank".into(),
        iban: "DE75512108001245126199".into(),
        bic: "HAFEDE2HXXX".into(),
        ..Seller::default()
    }
}

pub fn vat(rate: i64) -> TaxKind {
    TaxKind { category: "standard".into(), rate, reason: String::new() }
}

pub fn line(description: &str, quantity: i64, price: i64, net: i64) -> Line {
    Line {
        sku: "DESK-1".into(),
        description: description.into(),
        quantity: quantity * ONE,
        unit: "piece".into(),
        price,
        discount: 0,
        net,
        tax: Some(vat(1_900)),
    }
}

/// Three desks and delivery: 900.00 and 171.00 of tax.
pub fn invoice() -> Document {
    Document {
        kind: Kind::Invoice,
        language: Language::German,
        stamp: None,
        number: "2026-00001".into(),
        issued: Some(20_778),
        due: Some(20_792),
        valid_until: None,
        delivered: Some(20_770),
        currency: "EUR".into(),
        seller: seller(),
        buyer: Buyer {
            name: "Süd AG".into(),
            contact: "Einkauf".into(),
            address: Address {
                street: "Ring 1".into(),
                city: "München".into(),
                region: String::new(),
                postal_code: "80331".into(),
                country: "DE".into(),
            },
            vat_id: "DE987654321".into(),
            email: "einkauf@sued.example".into(),
            electronic_address: String::new(),
            reference: "04011000-12345-34".into(),
            purchase_order: "PO-7".into(),
            language: String::new(),
        },
        preceding: None,
        reason: String::new(),
        lines: vec![line("Schreibtisch", 3, 2_900_000, 8_700_000), line("Lieferung", 1, 300_000, 300_000)],
        taxes: vec![TaxLine { kind: Some(vat(1_900)), base: 9_000_000, tax: 1_710_000 }],
        subtotal: 9_000_000,
        tax: 1_710_000,
        total: 10_710_000,
        notes: "Vielen Dank für Ihren Auftrag.".into(),
    }
}
