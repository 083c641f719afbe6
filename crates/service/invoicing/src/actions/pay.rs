//! `POST /v1/invoices/{id}/pay`

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Result, Value};
use kontor_records::{Act, Asked, Plan, Sight, refusal};

pub(super) struct Pay;

impl Act for Pay {
    fn object(&self) -> &'static str {
        "invoice"
    }

    fn name(&self) -> &'static str {
        "pay"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let (invoice, input) = (&asked.record, &asked.input);
            if !matches!(invoice.text("status"), "open" | "uncollectible") {
                return Err(super::wrong_state(invoice, "only one that is open, or written off, is paid"));
            }
            if input.int("amount").unwrap_or(0) <= 0 {
                return Err(refusal("payment_amount", "the amount must be above zero"));
            }
            // The rules about payments see to the rest, as they do for payments that come by another way.
            let payment = sight.create(
                "payment",
                &[
                    ("invoice_id", Value::Int(invoice.id.0)),
                    ("amount", input.value("amount").clone()),
                    ("currency", invoice.value("currency").clone()),
                    ("method", input.value("method").clone()),
                    ("reference", input.value("reference").clone()),
                    ("received_at", input.int("received_at").unwrap_or_else(|| sight.now()).into()),
                    ("status", "succeeded".into()),
                ],
            )?;
            // Stands on the invoice as it was seen.
            Ok(Plan::one(payment).and(sight.update(invoice, &[])?))
        }
        .boxed()
    }
}
