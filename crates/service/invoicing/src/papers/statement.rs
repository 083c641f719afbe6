//! `GET /v1/customers/{id}/statement`: what a customer owed, was charged, paid and owes, between two days.

use std::collections::BTreeMap;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_documents::records as from;
use kontor_documents::statement::{Entry, Happened};
use kontor_documents::{PDF, Statement};
use kontor_model::{Error, ErrorCode, Fault, Op, Result, Value, time};
use kontor_records::{Access, Found, Look, Sheet, Sight, Viewed, refusal};

/// The most invoices of a statement.
const MOST: u64 = 10_000;
/// Invoices whose payments are asked for at once.
const AT_ONCE: usize = 500;

/// See the module.
pub(super) struct StatementOf;

impl Look for StatementOf {
    fn object(&self) -> &'static str {
        "customer"
    }

    fn name(&self) -> &'static str {
        "statement"
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, viewed: &'a Viewed) -> BoxFuture<'a, Result<Sheet>> {
        async move {
            for object in ["invoice", "payment", "credit_note"] {
                sees_all(sight, object)?;
            }
            from::sees_whole(sight, &["customer", "company", "contact"])?;
            let input = &viewed.input;
            let (from, until) = days(sight, input.int("from"), input.int("until"))?;
            let customer = &viewed.record;
            let currency = input.text("currency").unwrap_or(&sight.settings().currency).to_owned();
            let entity = from::legal_entity(sight, &Value::Null).await?;
            let printed = viewed.media == PDF;
            let seller = match (&entity, printed) {
                (None, false) => Default::default(),
                _ => from::seller(sight, &Value::Null).await?,
            };
            let mut buyer = from::buyer(sight, customer).await?;
            customer.text("name").clone_into(&mut buyer.name);
            let statement = Statement {
                language: from::language(
                    [input.text("language").unwrap_or_default(), customer.text("language")],
                    &seller,
                ),
                seller,
                buyer,
                from,
                until,
                drawn: sight.today(),
                opening: 0,
                entries: Vec::new(),
                currency: currency.clone(),
            };
            let statement = statement.of(entries(sight, customer, &currency).await?);
            if !printed {
                return Ok(Sheet::Json(statement.json().to_string().into_bytes()));
            }
            let bytes = kontor_documents::pdf(statement.sheet(), &statement.seller.logo).await?;
            let name = format!("{}-{}.pdf", time::date_text(from), time::date_text(until));
            Ok(Sheet::File { media: PDF.to_owned(), name, bytes })
        }
        .boxed()
    }
}

/// A balance is of all that there is, or none.
fn sees_all(sight: &Sight<'_>, object: &str) -> Result<()> {
    let def = sight.ctx().whole.require(object)?;
    let caller = &sight.ctx().caller;
    caller.may(Access::Read, def)?;
    if caller.sees_all(def) {
        return Ok(());
    }
    let detail = format!("the role {} does not see all {}, which a statement adds up", caller.policy.role, def.plural);
    Err(Error::new(ErrorCode::Forbidden, detail))
}

/// First and last day: this year until today, where nothing is said.
fn days(sight: &Sight<'_>, from: Option<i64>, until: Option<i64>) -> Result<(i64, i64)> {
    let until = until.unwrap_or_else(|| sight.today());
    let (year, ..) = time::civil_from_days(until);
    let from = from.unwrap_or_else(|| time::days_from_civil(year, 1, 1));
    if from > until {
        let message = format!("must not be after until, {}", time::date_text(until));
        return Err(Fault::new("from", "range", message).value(time::date_text(from)).into());
    }
    Ok((from, until))
}

/// All that ever happened, in one currency.
async fn entries(sight: &Sight<'_>, customer: &Found, currency: &str) -> Result<Vec<Entry>> {
    let own = [("customer_id", Op::Eq, Value::Int(customer.id.0)), ("currency", Op::Eq, currency.into())];
    let mut invoices = sight.find("invoice", &own, MOST + 1).await?;
    if invoices.len() as u64 > MOST {
        return Err(refusal("statement_size", format!("there are more than {MOST} invoices; ask for their totals")));
    }
    // What was voided was never owed.
    invoices.retain(|invoice| !matches!(invoice.text("status"), "draft" | "void"));
    let notes = sight.find("credit_note", &own, MOST).await?;
    let mut out = Vec::with_capacity(invoices.len() * 2);
    let mut paid: BTreeMap<i64, i64> = BTreeMap::new();
    let ids: Vec<i64> = invoices.iter().map(|invoice| invoice.id.0).collect();
    let numbers: BTreeMap<i64, &str> = invoices.iter().map(|i| (i.id.0, i.text("number"))).collect();
    for some in ids.chunks(AT_ONCE) {
        let of_these = [("invoice_id", Op::In, Value::Ints(some.to_vec()))];
        for payment in sight.find("payment", &of_these, MOST * 10).await? {
            let invoice = payment.int("invoice_id").unwrap_or(0);
            let number = numbers.get(&invoice).copied().unwrap_or_default();
            for entry in received(sight, &payment, number) {
                *paid.entry(invoice).or_default() -= entry.amount;
                out.push(entry);
            }
        }
    }
    for invoice in &invoices {
        let issued = invoice.int("issue_date").unwrap_or_else(|| day(sight, invoice.int("created_at")));
        let of_invoice = |happened, day, amount| {
            let number = invoice.text("number").to_owned();
            Entry { day, happened, id: invoice.id.0, number, amount }
        };
        out.push(of_invoice(Happened::Invoice, issued, invoice.int("total").unwrap_or(0)));
        // Paid before it came here: nobody wrote a payment for it.
        let unwritten = invoice.int("amount_paid").unwrap_or(0) - paid.get(&invoice.id.0).copied().unwrap_or(0);
        if unwritten != 0 {
            let on = invoice.int("paid_at").map_or(issued, |at| day(sight, Some(at)));
            out.push(of_invoice(Happened::Payment, on, -unwritten));
        }
    }
    for note in &notes {
        let issued = note.int("issue_date").unwrap_or_else(|| day(sight, note.int("created_at")));
        let (number, amount) = (note.text("number").to_owned(), -note.int("total").unwrap_or(0));
        out.push(Entry { day: issued, happened: Happened::CreditNote, id: note.id.0, number, amount });
    }
    Ok(out)
}

/// A payment, and what of it went back.
fn received(sight: &Sight<'_>, payment: &Found, number: &str) -> Vec<Entry> {
    if !matches!(payment.text("status"), "succeeded" | "refunded" | "partially_refunded") {
        return Vec::new();
    }
    let on = day(sight, payment.int("received_at").or_else(|| payment.int("created_at")));
    let entry = |happened, day, amount| Entry { day, happened, id: payment.id.0, number: number.to_owned(), amount };
    let mut out = vec![entry(Happened::Payment, on, -payment.int("amount").unwrap_or(0))];
    let back = payment.int("refunded_amount").unwrap_or(0);
    if back != 0 {
        let then = payment.int("refunded_at").map_or(on, |at| day(sight, Some(at)));
        out.push(entry(Happened::Refund, then, back));
    }
    out
}

/// The workspace's day of a moment.
fn day(sight: &Sight<'_>, at: Option<i64>) -> i64 {
    time::day_in(at.unwrap_or_else(|| sight.now()), &sight.settings().time_zone)
}
