use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::*;
use crate::document::ONE;
use crate::testing::{invoice, line};

/// An element with what is in it, as another reads it.
#[derive(Debug, Default)]
struct Node {
    name: String,
    text: String,
    children: Vec<Node>,
}

impl Node {
    fn read(xml: &[u8]) -> Node {
        let text = std::str::from_utf8(xml).unwrap();
        let mut reader = Reader::from_str(text);
        reader.config_mut().trim_text(true);
        let mut stack = vec![Node::default()];
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) => stack.push(Node { name: start.name().as_ref().to_owned(), ..Node::default() }),
                Event::End(_) => {
                    let done = stack.pop().unwrap();
                    stack.last_mut().unwrap().children.push(done);
                }
                Event::Text(text) => stack.last_mut().unwrap().text.push_str(&text),
                Event::GeneralRef(_) => stack.last_mut().unwrap().text.push('?'),
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(stack.len(), 1, "not well-formed");
        stack.remove(0).children.remove(0)
    }

    fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Node> {
        // Whole names: an Amount is no TaxAmount.
        let name = format!(":{name}");
        self.children.iter().filter(move |child| child.name.ends_with(&name))
    }

    fn at(&self, path: &[&str]) -> &Node {
        let mut node = self;
        for name in path {
            node = node.all(name).next().unwrap_or_else(|| panic!("no {name} in {}", node.name));
        }
        node
    }

    /// Units of 1/10,000.
    fn number(&self, path: &[&str]) -> i64 {
        kontor_model::decimal::parse_scaled(&self.at(path).text, 4).unwrap()
    }
}

/// The rules about totals, written anew from the standard: BR-CO-10, 13, 14, 15, 16, 17, BR-27, BR-DEC-*.
fn obeys(root: &Node) {
    let totals = root.at(&["LegalMonetaryTotal"]);
    let line_name = if root.name == "CreditNote" { "CreditNoteLine" } else { "InvoiceLine" };
    let lines: Vec<&Node> = root.all(line_name).collect();
    let nets: i64 = lines.iter().map(|line| line.number(&["LineExtensionAmount"])).sum();
    assert_eq!(totals.number(&["LineExtensionAmount"]), nets, "BR-CO-10");
    assert_eq!(totals.number(&["TaxExclusiveAmount"]), nets, "BR-CO-13");
    let tax = root.at(&["TaxTotal"]);
    let subtotals: Vec<&Node> = tax.all("TaxSubtotal").collect();
    let taxed: i64 = subtotals.iter().map(|one| one.number(&["TaxAmount"])).sum();
    assert_eq!(tax.number(&["TaxAmount"]), taxed, "BR-CO-14");
    assert_eq!(totals.number(&["TaxInclusiveAmount"]), nets + taxed, "BR-CO-15");
    assert_eq!(totals.number(&["PayableAmount"]), nets + taxed, "BR-CO-16");
    let bases: i64 = subtotals.iter().map(|one| one.number(&["TaxableAmount"])).sum();
    assert_eq!(bases, nets, "BR-S-8 and its kind");
    let mut kinds: Vec<(String, i64)> = Vec::new();
    for one in &subtotals {
        let (base, tax) = (one.number(&["TaxableAmount"]), one.number(&["TaxAmount"]));
        let percent = one.number(&["TaxCategory", "Percent"]);
        let exact = i128::from(base) * i128::from(percent) / 1_000_000;
        assert!((exact - i128::from(tax)).abs() <= 100, "BR-CO-17: {base} at {percent} is not {tax}");
        let kind = (one.at(&["TaxCategory", "ID"]).text.clone(), percent);
        assert!(!kinds.contains(&kind), "{kind:?} twice");
        let own = lines.iter().filter(|line| {
            let category = line.at(&["Item", "ClassifiedTaxCategory"]);
            category.at(&["ID"]).text == kind.0 && category.number(&["Percent"]) == kind.1
        });
        assert_eq!(own.map(|line| line.number(&["LineExtensionAmount"])).sum::<i64>(), base, "of {kind:?}");
        kinds.push(kind);
    }
    for one in lines {
        assert!(one.number(&["Price", "PriceAmount"]) >= 0, "BR-27");
        assert!(!one.at(&["Item", "Name"]).text.is_empty(), "BR-25");
        // Peppol's reckoning of a line, to two hundredths.
        let quantity = one.children.iter().find(|child| child.name.ends_with("Quantity")).unwrap();
        let quantity = kontor_model::decimal::parse_scaled(&quantity.text, 4).unwrap();
        let gross = i128::from(one.number(&["Price", "PriceAmount"])) * i128::from(quantity) / i128::from(ONE);
        let off: i64 = one
            .all("AllowanceCharge")
            .map(|charge| {
                let amount = charge.number(&["Amount"]);
                if charge.at(&["ChargeIndicator"]).text == "true" { -amount } else { amount }
            })
            .sum();
        let net = i128::from(one.number(&["LineExtensionAmount"]));
        assert!((gross - i128::from(off) - net).abs() <= 200, "a line of {gross} less {off} is not {net}");
    }
    two_digits(root);
}

/// BR-DEC: amounts have at most two digits; prices may have more.
fn two_digits(node: &Node) {
    if node.name.ends_with("Amount") && node.name != "cbc:PriceAmount" {
        assert!(node.text.split_once('.').is_none_or(|(_, digits)| digits.len() <= 2), "{}: {}", node.name, node.text);
    }
    node.children.iter().for_each(two_digits);
}

/// The order of elements in UBL 2.1, of those that are written.
const ORDER: &[&str] = &[
    "cbc:CustomizationID",
    "cbc:ProfileID",
    "cbc:ID",
    "cbc:IssueDate",
    "cbc:DueDate",
    "cbc:InvoiceTypeCode",
    "cbc:CreditNoteTypeCode",
    "cbc:Note",
    "cbc:DocumentCurrencyCode",
    "cbc:BuyerReference",
    "cac:OrderReference",
    "cac:BillingReference",
    "cac:AccountingSupplierParty",
    "cac:AccountingCustomerParty",
    "cac:Delivery",
    "cac:PaymentMeans",
    "cac:PaymentTerms",
    "cac:TaxTotal",
    "cac:LegalMonetaryTotal",
    "cac:InvoiceLine",
    "cac:CreditNoteLine",
];

fn in_order(root: &Node) {
    let places: Vec<usize> = root
        .children
        .iter()
        .map(|child| ORDER.iter().position(|name| *name == child.name).unwrap_or_else(|| panic!("{}", child.name)))
        .collect();
    assert!(places.is_sorted(), "{places:?}");
}

fn written(document: &Document, profile: Profile) -> Node {
    let xml = write(document, profile).unwrap();
    if let Ok(folder) = std::env::var("KONTOR_DOCUMENTS_OUT") {
        let name = format!("{folder}/{}-{profile:?}.xml", document.file_name());
        std::fs::write(name, &xml).unwrap();
    }
    Node::read(&xml)
}

fn credit_note() -> Document {
    Document {
        kind: Kind::CreditNote,
        number: "CN-2026-00001".into(),
        preceding: Some(("2026-00001".into(), Some(20_778))),
        reason: "Zurückgenommen".into(),
        due: None,
        ..invoice()
    }
}

#[test]
fn an_invoice_says_what_it_has_to() {
    let root = written(&invoice(), Profile::Xrechnung);
    in_order(&root);
    obeys(&root);
    let text = |path: &[&str]| root.at(path).text.clone();
    assert_eq!((text(&["InvoiceTypeCode"]), text(&["DueDate"])), ("380".into(), "2026-12-05".into()));
    assert_eq!(text(&["AccountingSupplierParty", "Party", "PartyTaxScheme", "CompanyID"]), "DE123456789");
    assert_eq!(text(&["PaymentMeans", "PayeeFinancialAccount", "ID"]), "DE75512108001245126199");
    assert_eq!(text(&["Delivery", "ActualDeliveryDate"]), "2026-11-13");
    assert_eq!(root.number(&["LegalMonetaryTotal", "PayableAmount"]), 10_710_000);
    assert_eq!(root.number(&["TaxTotal", "TaxSubtotal", "TaxCategory", "Percent"]), 190_000);
}

#[test]
fn a_credit_note_names_its_invoice() {
    let root = written(&credit_note(), Profile::Peppol);
    in_order(&root);
    obeys(&root);
    assert_eq!(root.name, "CreditNote");
    assert_eq!(root.at(&["CreditNoteTypeCode"]).text, "381");
    assert_eq!(root.at(&["BillingReference", "InvoiceDocumentReference", "ID"]).text, "2026-00001");
    assert_eq!(root.at(&["CreditNoteLine", "CreditedQuantity"]).text, "3");
}

#[test]
fn other_categories_of_tax_say_why() {
    for (category, code) in
        [("reverse_charge", "VATEX-EU-AE"), ("intra_community", "VATEX-EU-IC"), ("export", "VATEX-EU-G")]
    {
        let mut document = Document { number: format!("X-{category}"), ..invoice() };
        let kind = TaxKind { category: category.into(), rate: 0, reason: String::new() };
        document.lines.iter_mut().for_each(|line| line.tax = Some(kind.clone()));
        document.taxes = vec![TaxLine { kind: Some(kind), base: document.subtotal, tax: 0 }];
        (document.tax, document.total) = (0, document.subtotal);
        document.buyer.address.country = "AT".into();
        document.buyer.vat_id = "ATU12345678".into();
        let root = written(&document, Profile::En16931);
        obeys(&root);
        assert_eq!(root.at(&["TaxTotal", "TaxSubtotal", "TaxCategory", "TaxExemptionReasonCode"]).text, code);
    }
}

#[test]
fn a_rebate_counts_backwards() {
    let mut document = Document { number: "R-1".into(), ..invoice() };
    let mut rebate = line("Rabatt", 1, -1_000_000, -900_000);
    rebate.discount = 1_000;
    document.lines.push(rebate);
    let (base, tax) = (8_100_000, 1_539_000);
    document.taxes = vec![TaxLine { kind: document.lines[0].tax.clone(), base, tax }];
    (document.subtotal, document.tax, document.total) = (base, tax, base + tax);
    let root = written(&document, Profile::Peppol);
    obeys(&root);
    let last = root.all("InvoiceLine").last().unwrap();
    assert_eq!((last.number(&["InvoicedQuantity"]), last.number(&["Price", "PriceAmount"])), (-10_000, 1_000_000));
}

fn missing(document: &Document, profile: Profile) -> Vec<String> {
    let error = write(document, profile).unwrap_err();
    assert_eq!(error.code(), kontor_model::ErrorCode::RuleRefused);
    error.faults().iter().map(|fault| fault.field.clone()).collect()
}

#[test]
fn all_that_is_missing_is_named() {
    let mut document = invoice();
    document.seller = crate::Seller::default();
    document.buyer = crate::Buyer { name: "Süd AG".into(), ..crate::Buyer::default() };
    document.lines[1].tax = None;
    assert_eq!(
        missing(&document, Profile::En16931),
        [
            "legal_entity.name",
            "legal_entity.address_country",
            "legal_entity.vat_id",
            "billing_country",
            "lines.1.tax_rate_id"
        ]
    );
    assert!(missing(&document, Profile::Peppol).contains(&"buyer_reference".to_owned()));
    assert!(missing(&document, Profile::Xrechnung).contains(&"legal_entity.iban".to_owned()));
    let dinar = Document { currency: "KWD".into(), ..invoice() };
    assert!(write(&dinar, Profile::En16931).unwrap_err().detail().contains("einvoice_currency"));
    let mut exempt = invoice();
    exempt.lines[0].tax = Some(TaxKind { category: "exempt".into(), rate: 0, reason: String::new() });
    assert_eq!(missing(&exempt, Profile::En16931), ["lines.0.tax_rate_id"]);
    let mut abroad = invoice();
    abroad
        .lines
        .iter_mut()
        .for_each(|l| l.tax = Some(TaxKind { category: "intra_community".into(), rate: 0, reason: String::new() }));
    abroad.delivered = None;
    abroad.buyer.vat_id = String::new();
    assert_eq!(missing(&abroad, Profile::En16931), ["billing_tax_id", "delivery_date"]);
}

#[test]
fn amounts_have_the_digits_of_their_currency() {
    assert_eq!(
        (amount(10_710_000, 2), amount(-5_000, 2), amount(0, 2)),
        ("1071.00".into(), "-0.50".into(), "0.00".into())
    );
    assert_eq!((amount(10_000, 0), decimal(12_500), decimal(-30_000)), ("1".into(), "1.25".into(), "-3".into()));
}

/// Half-even to two digits, of a product of three decimals.
fn net(price: i64, quantity: i64, discount: i64) -> i64 {
    use kontor_model::decimal::to_decimal;
    let exact = to_decimal(price, 4) * to_decimal(quantity, 4) * to_decimal(ONE - discount, 4);
    kontor_model::decimal::from_decimal(exact.round_dp(2), 4).unwrap()
}

proptest! {
    #[test]
    fn totals_can_be_rebuilt_from_what_is_written(
        lines in prop::collection::vec(
            (-5_000_000_i64..9_000_000, 1_i64..900_000, prop_oneof![Just(0_i64), 1..ONE], 0_usize..3, "[ -~]{0,40}"), 1..30),
        credit in any::<bool>(),
    ) {
        let rates = [1_900, 700, 0];
        let mut document = if credit { credit_note() } else { invoice() };
        document.lines = lines.iter().map(|(price, quantity, discount, rate, text)| {
            let category = if rates[*rate] == 0 { "zero" } else { "standard" };
            crate::Line {
                quantity: *quantity,
                discount: *discount,
                tax: Some(TaxKind { category: category.into(), rate: rates[*rate], reason: String::new() }),
                ..line(text, 1, *price, net(*price, *quantity, *discount))
            }
        }).collect();
        document.subtotal = document.lines.iter().map(|line| line.net).sum();
        document.taxes = Vec::new();
        for rate in rates {
            let own: Vec<&crate::Line> = document.lines.iter().filter(|line| line.tax.as_ref().unwrap().rate == rate).collect();
            if let Some(first) = own.first() {
                let base = own.iter().map(|line| line.net).sum::<i64>();
                let tax = net(base, ONE, ONE - rate);
                document.taxes.push(TaxLine { kind: first.tax.clone(), base, tax });
            }
        }
        document.tax = document.taxes.iter().map(|line| line.tax).sum();
        document.total = document.subtotal + document.tax;
        let root = Node::read(&write(&document, Profile::Peppol).unwrap());
        in_order(&root);
        obeys(&root);
    }
}
