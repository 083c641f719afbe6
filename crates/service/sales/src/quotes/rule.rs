//! What holds whenever a quote or a line of one changes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::time::civil_from_days;
use kontor_model::{Id, Op, Result, Value};
use kontor_records::{Hook, Sight, Touched, Verdict};

use crate::documents::{self, QUOTES};

/// What a customer has been told with a quote.
const OFFERED: &[&str] = &[
    "number",
    "deal_id",
    "company_id",
    "contact_id",
    "customer_id",
    "price_book_id",
    "status",
    "valid_until",
    "notes",
    "currency",
    "legal_entity_id",
    "language",
];

/// A quote has a number and the sums of its lines, and does not change once it is sent.
pub(crate) struct Quotes;

impl Hook for Quotes {
    fn objects(&self) -> &'static [&'static str] {
        &["quote", "quote_line"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let touched = documents::merged(touched);
            let mut out = frozen(sight, &touched).await?;
            let worked = documents::work(sight, &touched, &QUOTES).await?;
            out.extend(worked.verdicts);
            for (id, sums) in worked.sums {
                let of = [("subtotal", Some(sums.subtotal)), ("tax_total", Some(sums.tax)), ("total", sums.total())];
                out.extend(of.map(|(field, value)| Verdict::Amend { id, field, value: value.into() }));
            }
            for quote in touched.iter().filter(|t| t.def.name == "quote" && t.is_new()) {
                let mut set = |field: &'static str, value: Value| {
                    if quote.field(field).1.is_null() {
                        out.push(Verdict::Amend { id: quote.id, field, value });
                    }
                };
                set("revision", Value::Int(1));
                if !touched
                    .iter()
                    .any(|t| t.def.name == "quote_line" && t.field("quote_id").1 == &Value::Int(quote.id.0))
                {
                    ["subtotal", "tax_total", "total"].into_iter().for_each(|field| set(field, Value::Int(0)));
                    set("currency", sight.settings().currency.as_str().into());
                }
                if quote.field("number").1.as_str().unwrap_or_default().is_empty() {
                    let value = next_number(sight).await?.into();
                    out.push(Verdict::Amend { id: quote.id, field: "number", value });
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

/// The next number of the year that nobody has taken by hand.
async fn next_number(sight: &Sight<'_>) -> Result<String> {
    let (year, _, _) = civil_from_days(sight.today());
    loop {
        let number = sight.number(&format!("quote-{year}")).await?;
        let number = format!("Q-{year}-{number:05}");
        if sight.find("quote", &[("number", Op::Eq, number.as_str().into())], 1).await?.is_empty() {
            return Ok(number);
        }
    }
}

/// Refuses what callers do to quotes that are no drafts any more, and to lines of such.
async fn frozen(sight: &Sight<'_>, touched: &[Touched<'_>]) -> Result<Vec<Verdict>> {
    let mut out = Vec::new();
    let mut states: HashMap<Id, String> = HashMap::new();
    for quote in touched.iter().filter(|t| t.def.name == "quote") {
        let (before, after) = quote.field("status");
        let was = before.as_str().unwrap_or_default();
        // A new one may be in any state: it may come from elsewhere, with its history.
        states.insert(quote.id, if quote.is_new() { "draft".to_owned() } else { was.to_owned() });
        if quote.is_by_service() || quote.before.is_none() {
            continue;
        }
        if quote.is_gone() {
            if matches!(was, "sent" | "accepted") {
                let detail = format!("the quote is {was}; only one that is not is deleted");
                out.push(Verdict::refuse(quote.step, "quote_state", detail));
            }
        } else if was == "draft" {
            if before != after {
                let wanted = after.as_str().unwrap_or("nothing");
                let detail = format!(
                    "the quote is a draft, and not made {wanted} by hand; use its actions send, accept, reject"
                );
                out.push(Verdict::refuse(quote.step, "quote_state", detail));
            }
        } else if let Some(field) = OFFERED.iter().find(|field| quote.changes(field)) {
            let detail =
                format!("the quote is {was}, and {field} changes only in a draft; revise it for a new version");
            out.push(Verdict::refuse(quote.step, "quote_state", detail));
        }
    }
    for line in touched.iter().filter(|t| t.def.name == "quote_line" && !t.is_by_service()) {
        let (before, after) = line.field("quote_id");
        for id in [before, after].into_iter().filter_map(Value::as_i64).map(Id) {
            if let Entry::Vacant(state) = states.entry(id) {
                let found = sight.record("quote", id).await?;
                state.insert(found.map_or_else(|| "draft".to_owned(), |quote| quote.text("status").to_owned()));
            }
            let state = states.get(&id).map_or("draft", String::as_str);
            if state != "draft" {
                let detail =
                    format!("the quote is {state}, and its lines change only in a draft; revise it for a new version");
                out.push(Verdict::refuse(line.step, "quote_state", detail));
                break;
            }
        }
    }
    Ok(out)
}
