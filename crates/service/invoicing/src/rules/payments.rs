//! What payments do to the invoices that they are for.

use std::collections::BTreeMap;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Id, Op, Result, Value};
use kontor_records::{Found, Hook, Sight, Touched, Verdict};

use super::kind::{MANY, map_of};
use crate::words;

/// Keeps amount_paid, amount_due and status of invoices in step with their payments.
pub(super) struct Payments;

impl Hook for Payments {
    fn objects(&self) -> &'static [&'static str] {
        &["payment"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut out = Vec::new();
            let payments = super::last(touched.iter());
            let ids: Vec<i64> = payments.iter().flat_map(|p| invoices_of(p)).collect();
            // The invoices before the payments: what is read of them later is of this version, or the commit fails.
            let invoices = map_of(sight, "invoice", ids.clone()).await?;
            let (mut moving, mut gone) = (Vec::new(), Vec::new());
            for payment in &payments {
                out.extend(completed(sight, payment, &invoices));
                match refused(sight, payment, &invoices) {
                    Some(refusal) => {
                        out.push(refusal);
                        gone.push(payment.id);
                    }
                    None if shares(payment).values().any(|worth| *worth != 0) => moving.push(*payment),
                    None => {}
                }
            }
            if moving.is_empty() {
                return Ok(out);
            }
            let all = sight.find("payment", &[("invoice_id", Op::In, Value::Ints(ids))], MANY).await?;
            for invoice in invoices.values() {
                out.extend(settled(sight, invoice, &all, &gone, &moving)?);
            }
            Ok(out)
        }
        .boxed()
    }
}

/// What a payment gives: nothing while it is pending or after it failed, and less what was given back.
fn worth(status: &str, amount: Option<i64>, refunded: Option<i64>) -> i64 {
    match status {
        "succeeded" | "refunded" | "partially_refunded" => amount.unwrap_or(0) - refunded.unwrap_or(0),
        _ => 0,
    }
}

fn side(payment: &Touched<'_>, after: bool) -> (Option<i64>, i64) {
    let value = |path: &str| if after { payment.field(path).1 } else { payment.field(path).0 };
    let int = |path: &str| value(path).as_i64();
    let status = value("status").as_str().unwrap_or_default();
    (int("invoice_id"), worth(status, int("amount"), int("refunded_amount")))
}

fn invoices_of(payment: &Touched<'_>) -> Vec<i64> {
    [side(payment, false).0, side(payment, true).0].into_iter().flatten().collect()
}

/// By how much a payment's worth to each invoice changes.
fn shares(payment: &Touched<'_>) -> BTreeMap<i64, i64> {
    let (was, is) = (side(payment, false), side(payment, true));
    let mut out = BTreeMap::new();
    for (invoice, worth) in [(was.0, -was.1), (is.0, is.1)] {
        if let Some(invoice) = invoice {
            *out.entry(invoice).or_default() += worth;
        }
    }
    out
}

/// Refuses what a caller may not do to a payment.
fn refused(sight: &Sight<'_>, payment: &Touched<'_>, invoices: &BTreeMap<i64, Found>) -> Option<Verdict> {
    let refuse = |rule: &str, detail: String| Some(Verdict::refuse(payment.step, rule, detail));
    let (was, is) = (side(payment, false), side(payment, true));
    let status = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (before, after) = payment.field("status");
    if sight.is_history() {
        return None;
    }
    if !payment.is_by_service() {
        let refunds = |value: &Value| matches!(value.as_str(), Some("refunded" | "partially_refunded"));
        if before != after && refunds(after) && !payment.is_gone() && payment.field("refunded_amount").1.is_null() {
            return refuse("payment_status", format!("a payment becomes {} by the action refund", status(after)));
        }
        let settled = was.0.is_some() && was.1 != 0 || refunds(before);
        let moved = ["invoice_id", "amount", "currency", "status"].into_iter().find(|path| payment.changes(path));
        if settled && payment.before.is_some() && (payment.is_gone() || moved.is_some()) {
            let what = moved
                .filter(|_| !payment.is_gone())
                .map_or("it has to be kept".to_owned(), |path| format!("its {path} does not change any more"));
            return refuse("settled_payment", format!("the payment is {}; {what}: refund it", status(before)));
        }
    }
    let invoice = is.0.filter(|_| !payment.is_gone()).and_then(|id| invoices.get(&id))?;
    let gains = shares(payment).get(&invoice.id.0).copied().unwrap_or(0) > 0;
    let counts = after.as_str() == Some("succeeded") && (payment.changes("status") || payment.changes("invoice_id"));
    if !gains && !counts {
        return None;
    }
    let state = invoice.text("status");
    if !matches!(state, "open" | "uncollectible") {
        let detail = format!("the invoice is {state}; only one that is open, or written off, is paid");
        return refuse("invoice_not_open", detail);
    }
    if counts && payment.field("amount").1.as_i64().unwrap_or(0) <= 0 {
        return refuse("payment_amount", "the amount must be above zero".to_owned());
    }
    let currency = payment.field("currency").1.as_str().unwrap_or_default();
    if !currency.is_empty() && currency != invoice.text("currency") {
        let detail = format!("the payment is in {currency}, the invoice in {}", invoice.text("currency"));
        return refuse("currency_mismatch", detail);
    }
    None
}

/// What is left out of a payment.
fn completed(sight: &Sight<'_>, payment: &Touched<'_>, invoices: &BTreeMap<i64, Found>) -> Vec<Verdict> {
    let mut out = Vec::new();
    let (invoice, worth) = side(payment, true);
    let invoice = invoice.and_then(|id| invoices.get(&id));
    if let Some(invoice) = invoice.filter(|_| !payment.is_gone() && payment.field("currency").1.is_null()) {
        let value = invoice.value("currency").clone();
        out.push(Verdict::Amend { id: payment.id, field: "currency", value });
    }
    if worth > 0 && !payment.is_gone() && payment.field("received_at").1.is_null() && !sight.is_history() {
        out.push(Verdict::Amend { id: payment.id, field: "received_at", value: sight.now().into() });
    }
    out
}

/// An invoice with all its payments, those left out that are refused: the set is then gone through without them.
fn settled(
    sight: &Sight<'_>,
    invoice: &Found,
    all: &[Found],
    refused: &[Id],
    moving: &[&Touched<'_>],
) -> Result<Vec<Verdict>> {
    let own = all.iter().filter(|p| p.int("invoice_id") == Some(invoice.id.0) && !refused.contains(&p.id));
    let worth = |p: &Found| worth(p.text("status"), p.int("amount"), p.int("refunded_amount"));
    let gains: Vec<(usize, i64)> = (moving.iter())
        .filter_map(|p| Some((p.step, *shares(p).get(&invoice.id.0)?)))
        .filter(|(_, gain)| *gain != 0)
        .collect();
    let int = |path: &str| invoice.int(path).unwrap_or(0);
    let owed = int("total") - int("amount_credited");
    let state = invoice.text("status");
    if sight.is_history() && !matches!(state, "open" | "uncollectible") {
        // What an import says of its status stands.
        return Ok(Vec::new());
    }
    let mut out = Vec::new();
    // What was paid without those that are refused, and with one after the other of these.
    let mut paid = own.map(worth).sum::<i64>() - gains.iter().map(|(_, gain)| gain).sum::<i64>();
    let mut last = None;
    for (step, gain) in gains {
        let due = owed - paid;
        if gain > 0 && gain > due && !sight.is_history() {
            let currency = invoice.text("currency");
            let detail = format!(
                "{} is more than the {} that are due of the invoice {}",
                words::money(gain, currency),
                words::money(due, currency),
                invoice.text("number")
            );
            out.push(Verdict::refuse(step, "overpayment", detail));
            continue;
        }
        paid += gain;
        last = Some(step);
    }
    let Some(step) = last else { return Ok(out) };
    let due = owed - paid;
    let (status, told) = match state {
        "open" | "uncollectible" if due <= 0 => ("paid", ("pay", "paid")),
        "paid" if due > 0 => ("open", ("refund", "reopened")),
        "open" | "uncollectible" if paid > int("amount_paid") => (state, ("pay", "part_paid")),
        _ => (state, ("update", "updated")),
    };
    let mut fields = vec![("amount_paid", paid.into()), ("amount_due", due.into()), ("status", status.into())];
    if status == "paid" {
        let at = if state == "paid" { invoice.value("paid_at").clone() } else { sight.now().into() };
        fields.extend([("paid_at", at), ("overdue_since", Value::Null)]);
    } else {
        fields.push(("paid_at", Value::Null));
    }
    out.push(Verdict::Follow { step, then: sight.update(invoice, &fields)?.told(told.0, told.1) });
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_money_that_came_is_worth_something() {
        let of = |status: &str| worth(status, Some(100), Some(30));
        assert_eq!(["pending", "failed", "succeeded", "partially_refunded", "refunded"].map(of), [0, 0, 70, 70, 70]);
        assert_eq!(worth("succeeded", None, None), 0);
    }
}
