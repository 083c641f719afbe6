use super::*;
use crate::document::{Kind, Language, Stamp};
use crate::testing::{invoice, line};

fn made(sheet: &Sheet, logo: &str) -> Made {
    let made = set(sheet, logo).unwrap();
    assert!(made.bytes.starts_with(b"%PDF-1.") && made.bytes.trim_ascii_end().ends_with(b"%%EOF"));
    // For looking at it.
    if let Ok(folder) = std::env::var("KONTOR_DOCUMENTS_OUT") {
        std::fs::write(format!("{folder}/{}.pdf", sheet.title.replace(' ', "-")), &made.bytes).unwrap();
    }
    made
}

fn pages(sheet: &Sheet) -> usize {
    made(sheet, "").pages
}

#[test]
fn an_invoice_is_one_page() {
    assert_eq!(pages(&invoice().sheet()), 1);
}

#[test]
fn long_documents_go_on_and_long_words_wrap() {
    let mut document = crate::Document { language: Language::English, number: "2026-00002".into(), ..invoice() };
    for n in 0..70 {
        let words = if n % 7 == 0 {
            "A desk that is described at length, with all that it can do. ".repeat(4)
        } else {
            format!("Desk {n}")
        };
        document.lines.push(line(&words, 1, 100_000, 100_000));
    }
    document.lines.push(line(&"x".repeat(400), 1, 100_000, 100_000));
    document.notes = "Note. ".repeat(800);
    assert!(pages(&document.sheet()) > 3);
}

#[test]
fn every_kind_is_set() {
    let quote = crate::Document {
        kind: Kind::Quote,
        number: "Q-2026-00001".into(),
        valid_until: Some(20_800),
        due: None,
        stamp: Some(Stamp::Draft),
        ..invoice()
    };
    assert_eq!(pages(&quote.sheet()), 1);
    let mut chinese = crate::Document {
        kind: Kind::CreditNote,
        language: Language::English,
        number: "CN-2026-00001".into(),
        preceding: Some(("2026-00001".into(), Some(20_778))),
        reason: "质量问题".into(),
        ..invoice()
    };
    chinese.buyer.name = "张晓明 北京科技有限公司".into();
    chinese.lines[0].description = "办公桌（可调高度） · 日本語".into();
    chinese.lines[0].discount = 1_500;
    assert_eq!(pages(&chinese.sheet()), 1);
}

#[test]
fn what_records_say_is_no_markup() {
    let mut document = crate::Document { number: "2026-00003".into(), ..invoice() };
    document.notes = "#panic(\"no\") $x^2$ `raw` *bold* @label <tag> \\ #read(\"/etc/passwd\")".into();
    document.lines[0].description = "#set page(width: 1pt)".into();
    document.buyer.name = "=heading //comment /* open".into();
    assert_eq!(pages(&document.sheet()), 1);
}

#[test]
fn a_logo_is_drawn_and_a_broken_one_left_out() {
    let png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let sheet = crate::Document { number: "2026-00004".into(), ..invoice() }.sheet();
    let (with, without) = (made(&sheet, png), made(&sheet, ""));
    assert!(with.bytes.len() > without.bytes.len());
    let broken = &png[..60];
    assert_eq!(made(&sheet, broken).bytes.len(), without.bytes.len());
}

#[test]
fn statements_are_set() {
    let invoice = invoice();
    let statement = crate::Statement {
        language: Language::German,
        currency: "EUR".into(),
        seller: invoice.seller,
        buyer: invoice.buyer,
        from: 20_700,
        until: 20_790,
        drawn: 20_791,
        opening: 0,
        entries: Vec::new(),
    };
    let entry = |day, happened, amount| crate::statement::Entry {
        day,
        happened,
        id: day,
        number: format!("2026-{day}"),
        amount,
    };
    use crate::statement::Happened::{Invoice, Payment};
    let all =
        vec![entry(20_600, Invoice, 500_000), entry(20_701, Invoice, 10_710_000), entry(20_750, Payment, -5_000_000)];
    assert_eq!(pages(&statement.of(all).sheet()), 1);
}

#[test]
fn too_much_is_said_to_be_too_much() {
    let mut sheet = invoice().sheet();
    sheet.rows = vec![sheet.rows[0].clone(); crate::sheet::MOST_ROWS + 1];
    assert!(sheet.excess().unwrap().contains("2001 lines"));
    let mut sheet = invoice().sheet();
    sheet.paragraphs = vec!["x".repeat(crate::sheet::MOST_CHARACTERS + 1)];
    assert!(sheet.excess().unwrap().contains("bytes"));
    assert_eq!(invoice().sheet().excess(), None);
}
