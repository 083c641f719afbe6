//! What can be done to orders, invoices and payments besides changing their fields.

mod cancel;
mod confirm;
mod credit;
mod finalize;
mod fulfil;
mod give_up;
mod invoice;
mod pay;
mod refund;
mod send;

use std::sync::Arc;

use kontor_model::{Error, Op, Result, Value};
use kontor_records::{Act, Found, Sight, refusal};

use crate::words;

/// All actions of this service.
pub(crate) fn all() -> Vec<Arc<dyn Act>> {
    vec![
        Arc::new(confirm::Confirm),
        Arc::new(cancel::Cancel),
        Arc::new(fulfil::Fulfil),
        Arc::new(invoice::Invoice),
        Arc::new(finalize::Finalize),
        Arc::new(pay::Pay),
        Arc::new(give_up::Void),
        Arc::new(give_up::WriteOff),
        Arc::new(credit::Credit),
        Arc::new(refund::Refund),
        Arc::new(send::Send("invoice")),
        Arc::new(send::Send("credit_note")),
    ]
}

/// More lines than a document may have.
const MANY: u64 = 100_000;

/// The lines of a document, by place; every one has a price.
///
/// # Errors
/// 422000 `no_lines`, `price_missing`; the database's.
async fn priced_lines(sight: &Sight<'_>, document: &Found, line: &str) -> Result<Vec<Found>> {
    let parent = format!("{}_id", document.object());
    let own = [(parent.as_str(), Op::Eq, Value::Int(document.id.0))];
    let lines = sight.sorted(line, &own, &["position"], MANY).await?;
    if lines.is_empty() {
        let detail = format!("the {} has no lines; send some, with product_id or sku and quantity", document.object());
        return Err(refusal("no_lines", detail));
    }
    if let Some(open) = lines.iter().find(|line| line.value("unit_price").is_null()) {
        let name = words::line(open.value("position"), open.text("description"));
        return Err(refusal("price_missing", format!("{name} has no unit_price; send one")));
    }
    Ok(lines)
}

/// The customer that a document is for.
///
/// # Errors
/// 422000 `customer_missing`; the database's.
async fn customer(sight: &Sight<'_>, document: &Found) -> Result<Found> {
    let found = sight.referred("customer", document.value("customer_id")).await?;
    found.ok_or_else(|| {
        let detail = match document.value("customer_id") {
            Value::Null => format!("the {} has no customer; set customer_id first", document.object()),
            _ => format!(
                "the customer of the {} is in the bin; restore it, or set another customer_id",
                document.object()
            ),
        };
        refusal("customer_missing", detail)
    })
}

/// 422000 for what the state of a record does not allow.
fn wrong_state(record: &Found, detail: &str) -> Error {
    let rule = format!("{}_{}", record.object(), record.text("status"));
    let number = record.text("number");
    let name = if number.is_empty() { record.object().to_owned() } else { format!("{} {number}", record.object()) };
    refusal(&rule, format!("the {name} is {}; {detail}", record.text("status")))
}
