//! Letters of dunning: the words of a step, with what is known of the invoice in their places.

use kontor_documents::{Document, format};
use kontor_model::{Letter, Result};
use kontor_records::{Found, Sight};
use kontor_templates::{Escape, Limits, render};
use serde_json::{Value as J, json};

use super::draw::document;
use super::letter::{Said, with};

/// What a step says.
pub(crate) struct Words {
    pub level: i64,
    pub subject: String,
    pub body: String,
}

/// The letter about an invoice, with the invoice.
///
/// # Errors
/// 422000 where there is no address, or the words do not come to a text; those of the PDF; the database's.
pub(crate) async fn letter(sight: &Sight<'_>, invoice: &Found, words: &Words) -> Result<Letter> {
    let document = document(sight, invoice, None).await?;
    let late = invoice.int("due_date").map_or(0, |due| sight.today() - due);
    let values = values(&document, invoice.int("amount_due").unwrap_or(0), late, words.level);
    let filled = |text: &str, what: &str| {
        render(text, &values, Escape::None, &Limits::default()).map_err(|wrong| wrong.refused(what))
    };
    // A subject is one line.
    let subject = filled(&words.subject, "subject")?.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = filled(&words.body, "body")?;
    with(&document, None, Said { purpose: "dunning", subject: Some(subject), text: Some(text) }).await
}

fn values(document: &Document, due: i64, late: i64, level: i64) -> J {
    let money = |units: i64| format::money(units, document.digits(), &document.currency, document.language);
    let day = |day: Option<i64>| day.map(|day| format::day(day, document.language)).unwrap_or_default();
    json!({
        "invoice": {
            "number": document.number,
            "issue_date": day(document.issued),
            "due_date": day(document.due),
            "total": money(document.total),
            "amount_due": money(due),
            "currency": document.currency,
        },
        "customer": { "name": document.buyer.name, "contact": document.buyer.contact },
        "seller": { "name": document.seller.name, "iban": format::iban(&document.seller.iban) },
        "days_overdue": late,
        "level": level,
    })
}

/// A value for every name that a step's words may use.
pub(crate) fn sample() -> J {
    json!({
        "invoice": {
            "number": "2026-00001",
            "issue_date": "21 Nov 2026",
            "due_date": "5 Dec 2026",
            "total": "EUR 1,071.00",
            "amount_due": "EUR 1,071.00",
            "currency": "EUR",
        },
        "customer": { "name": "Ada Lovelace", "contact": "" },
        "seller": { "name": "Nord GmbH", "iban": "" },
        "days_overdue": 7,
        "level": 1,
    })
}
