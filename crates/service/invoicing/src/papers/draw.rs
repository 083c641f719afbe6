//! Documents of invoices and credit notes.

use std::collections::BTreeMap;

use kontor_documents::records as from;
use kontor_documents::{Document, Issued, Kind, Stamp, TaxKind, TaxLine};
use kontor_model::{Op, Result, Value};
use kontor_records::{Found, Sight};

use crate::totals::Group;
use crate::words;

/// Lines that are read of a document.
const MOST_LINES: u64 = 10_000;

/// What a paper shows, whose fields all have to be open to who asks for it.
pub(crate) fn parts(object: &str) -> [&str; 5] {
    let line = if object == "credit_note" { "credit_note_line" } else { "invoice_line" };
    [if object == "credit_note" { "credit_note" } else { "invoice" }, line, "customer", "company", "contact"]
}

/// An invoice or a credit note as it is printed; as it was issued, once it is.
///
/// # Errors
/// 422000 `legal_entity_missing`; the database's.
pub(crate) async fn document(sight: &Sight<'_>, record: &Found, language: Option<&str>) -> Result<Document> {
    let is_credit = record.object() == "credit_note";
    let line = format!("{}_line", record.object());
    let parent = format!("{}_id", record.object());
    let own = [(parent.as_str(), Op::Eq, Value::Int(record.id.0))];
    let found = sight.sorted(&line, &own, &["position"], MOST_LINES).await?;
    let issued = Issued::read(record.value("as_issued"));
    let seller = from::seller_as(sight, record.value("legal_entity_id"), issued.as_ref()).await?;
    let groups = words::read_tax_lines(record.value("tax_lines"));
    let kinds = kinds(sight, &found, &groups, issued.as_ref()).await?;
    let buyer = match issued.as_ref().and_then(|issued| issued.buyer.clone()) {
        Some(buyer) => buyer,
        None => from::buyer(sight, record).await?,
    };
    let kind = |id: Option<i64>| id.and_then(|id| kinds.get(&id)).cloned();
    let lines = found.iter().map(|line| from::line(line, line.int("net").unwrap_or(0), kind(line.int("tax_rate_id"))));
    let preceding = match sight.referred("invoice", record.value("invoice_id")).await? {
        Some(invoice) if is_credit => Some((invoice.text("number").to_owned(), invoice.int("issue_date"))),
        _ => None,
    };
    let int = |path: &str| record.int(path).unwrap_or(0);
    let said = [language.unwrap_or_default(), record.text("language"), buyer.language.as_str()];
    Ok(Document {
        kind: if is_credit { Kind::CreditNote } else { Kind::Invoice },
        language: from::language(said, &seller),
        stamp: match record.text("status") {
            "draft" => Some(Stamp::Draft),
            "void" => Some(Stamp::Void),
            _ => None,
        },
        number: record.text("number").to_owned(),
        issued: record.int("issue_date"),
        due: record.int("due_date"),
        valid_until: None,
        delivered: record.int("delivery_date"),
        currency: record.text("currency").to_owned(),
        lines: lines.collect(),
        taxes: groups
            .iter()
            .map(|group| TaxLine { kind: kind(group.rate.map(|rate| rate.id)), base: group.base, tax: group.tax })
            .collect(),
        subtotal: int("subtotal"),
        tax: int("tax_total"),
        total: int("total"),
        notes: record.text("notes").to_owned(),
        reason: record.text("reason").to_owned(),
        seller,
        buyer,
        preceding,
    })
}

/// The kinds of tax by the id of their rate. The rates are those that its totals were made with.
async fn kinds(
    sight: &Sight<'_>,
    lines: &[Found],
    groups: &[Group],
    issued: Option<&Issued>,
) -> Result<BTreeMap<i64, TaxKind>> {
    let ids = lines.iter().filter_map(|line| line.int("tax_rate_id"));
    let mut out = from::taxes_as(sight, ids, issued).await?;
    for rate in groups.iter().filter_map(|group| group.rate) {
        let category = if rate.rate == 0 { "zero" } else { "standard" };
        let new = || TaxKind { category: category.to_owned(), rate: rate.rate, reason: String::new() };
        out.entry(rate.id).or_insert_with(new).rate = rate.rate;
    }
    Ok(out)
}
