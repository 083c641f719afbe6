//! Which changes a document's state allows to callers. In an import with history, which only who manages the space may
//! start, states, numbers and lines are taken as they were.

use std::collections::BTreeMap;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Op, Place, Result, Value};
use kontor_records::{Found, Hook, Sight, Touched, Verdict};

use super::is_made;
use super::kind::{INVOICE, Kind, MANY, ORDER, map_of};

/// Fields of a finalized invoice that say nothing about what is owed.
const FREE: &[&str] = &["owner_id", "external_id"];

/// What callers may do to orders.
pub(super) struct Orders;

impl Hook for Orders {
    fn objects(&self) -> &'static [&'static str] {
        ORDER.objects
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let callers = || touched.iter().filter(|t| !t.is_by_service());
            let mut out: Vec<Verdict> = Vec::new();
            if !sight.is_history() {
                out.extend(callers().filter(|t| t.def.name == ORDER.document).filter_map(order));
                let fixed = |order: &Found| order.text("status") != "unpaid" || !order.value("confirmed_at").is_null();
                let name = |order: &Found| {
                    let state = if order.text("status") == "unpaid" { "confirmed" } else { order.text("status") };
                    format!("the order {} is {state}; its lines are fixed", order.text("number"))
                };
                out.extend(fixed_lines(sight, &ORDER, touched, "confirmed_order", &fixed, &name).await?);
            }
            let gone: Vec<&Touched<'_>> = callers().filter(|t| t.def.name == ORDER.document && t.is_gone()).collect();
            if !gone.is_empty() {
                let ids = gone.iter().map(|t| t.id.0).collect();
                let invoices = sight.find("invoice", &[("order_id", Op::In, Value::Ints(ids))], MANY).await?;
                let own = |t: &Touched<'_>| invoices.iter().filter(|i| i.int("order_id") == Some(t.id.0)).count();
                out.extend(gone.iter().map(|t| (t.step, own(t))).filter(|(_, count)| *count > 0).map(
                    |(step, count)| {
                        let detail =
                            format!("the order has {count} invoices, which the law asks to keep; cancel the order");
                        Verdict::refuse(step, "order_invoiced", detail)
                    },
                ));
            }
            Ok(out)
        }
        .boxed()
    }
}

fn order(order: &Touched<'_>) -> Option<Verdict> {
    let (before, after) = order.field("status");
    let status = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if order.is_gone() {
        let detail = || format!("the order is {}; it has to be kept", status(before));
        return matches!(before.as_str(), Some("paid" | "fulfilled"))
            .then(|| Verdict::refuse(order.step, "order_kept", detail()));
    }
    if is_made(order) && after.as_str() != Some("unpaid") {
        let detail = format!(
            "a new order is unpaid, not {}; use the actions confirm, fulfil and cancel, and pay its invoice",
            status(after)
        );
        return Some(Verdict::refuse(order.step, "order_status", detail));
    }
    order.before?;
    if before != after {
        let detail = format!(
            "the order is {}; {} is reached by the actions fulfil and cancel, and by the payment of its invoice",
            status(before),
            status(after)
        );
        return Some(Verdict::refuse(order.step, "order_status", detail));
    }
    let changed = ["customer_id", "currency", "expected_total"].into_iter().find(|path| order.changes(path))?;
    let detail = format!("the order is confirmed; {changed} does not change any more");
    ORDER.is_fixed(order).then(|| Verdict::refuse(order.step, "confirmed_order", detail))
}

/// What callers may do to invoices.
pub(super) struct Invoices;

impl Hook for Invoices {
    fn objects(&self) -> &'static [&'static str] {
        INVOICE.objects
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let callers = touched.iter().filter(|t| !t.is_by_service() && t.def.name == INVOICE.document);
            let mut out: Vec<Verdict> = callers.filter_map(|t| invoice(t, sight.is_history())).collect();
            if !sight.is_history() {
                let fixed = |invoice: &Found| invoice.text("status") != "draft";
                let name = |invoice: &Found| {
                    let (number, status) = (invoice.text("number"), invoice.text("status"));
                    format!(
                        "the invoice {number} is {status}; its lines are fixed: credit it, or void it and make another"
                    )
                };
                out.extend(fixed_lines(sight, &INVOICE, touched, "finalized_invoice", &fixed, &name).await?);
            }
            Ok(out)
        }
        .boxed()
    }
}

fn invoice(invoice: &Touched<'_>, history: bool) -> Option<Verdict> {
    let (before, after) = invoice.field("status");
    let refuse = |rule: &str, detail: String| Some(Verdict::refuse(invoice.step, rule, detail));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if invoice.before.is_some() && before.as_str() != Some("draft") {
        let number = text(invoice.field("number").0);
        if invoice.is_gone() {
            return refuse("finalized_invoice", format!("the invoice {number} is {}; it has to be kept", text(before)));
        }
        let changed = changed(invoice).filter(|_| !history)?;
        let detail = format!(
            "the invoice {number} is {}; {changed} does not change any more: use pay, void, credit or write_off",
            text(before)
        );
        return refuse("finalized_invoice", detail);
    }
    if invoice.is_gone() || history {
        return None;
    }
    if after.as_str() != Some("draft") {
        let detail =
            format!("a draft becomes {} by its actions only: finalize, then pay, void or write_off", text(after));
        return refuse("invoice_status", detail);
    }
    let number = text(invoice.field("number").1);
    if invoice.changes("number") && is_of_series(&number) {
        let detail = format!("\"{number}\" is given by finalize, so that there are no gaps; leave number out");
        return refuse("reserved_number", detail);
    }
    None
}

/// The first field that a caller has changed and may not.
fn changed(invoice: &Touched<'_>) -> Option<String> {
    let (before, after) = (invoice.before?, invoice.after?);
    let is_free = |field: &kontor_model::Field| {
        let common = matches!(&field.place, Place::Column(c) if c == "version" || c.starts_with("updated_"));
        common || field.custom || field.read_only || FREE.contains(&field.name.as_str())
    };
    let def = invoice.def.native();
    let differs = |index: usize| before.get(index) != after.get(index);
    def.shown().find(|(index, field)| !is_free(field) && differs(*index)).map(|(_, field)| field.name.clone())
}

/// `2026-00001`
fn is_of_series(number: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    number
        .split_once('-')
        .is_some_and(|(year, rest)| year.len() == 4 && digits(year) && rest.len() >= 5 && digits(rest))
}

/// Refuses what callers do to lines of documents that are fixed.
async fn fixed_lines(
    sight: &Sight<'_>,
    kind: &Kind,
    touched: &[Touched<'_>],
    rule: &str,
    fixed: &(dyn Fn(&Found) -> bool + Sync),
    name: &(dyn Fn(&Found) -> String + Sync),
) -> Result<Vec<Verdict>> {
    let mut documents: BTreeMap<i64, usize> = BTreeMap::new();
    for line in touched.iter().filter(|t| t.def.name == kind.line && !t.is_by_service()) {
        let (before, after) = line.field(kind.parent);
        documents.extend([before, after].into_iter().filter_map(Value::as_i64).map(|id| (id, line.step)));
    }
    let found = map_of(sight, kind.document, documents.keys().copied().collect()).await?;
    let mut out = Vec::new();
    for line in touched.iter().filter(|t| t.def.name == kind.line && !t.is_by_service()) {
        let (before, after) = line.field(kind.parent);
        let of = [before, after].into_iter().filter_map(|id| found.get(&id.as_i64()?)).find(|found| fixed(found));
        out.extend(of.map(|document| Verdict::refuse(line.step, rule, name(document))));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_series_are_known() {
        assert!(is_of_series("2026-00001") && is_of_series("2026-123456"));
        assert!(["2026-1", "R-00001", "2026-0000x", "20260-00001", "2026", ""].iter().all(|n| !is_of_series(n)));
    }
}
