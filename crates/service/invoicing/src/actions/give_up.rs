//! `POST /v1/invoices/{id}/void` and `…/write_off`

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Result, Value};
use kontor_records::{Act, Asked, Plan, Sight, refusal};

use crate::words;

/// Takes an invoice back that should not have been written.
pub(super) struct Void;

impl Act for Void {
    fn object(&self) -> &'static str {
        "invoice"
    }

    fn name(&self) -> &'static str {
        "void"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let invoice = &asked.record;
            match invoice.text("status") {
                "open" => {}
                "draft" => return Err(super::wrong_state(invoice, "delete it instead")),
                "paid" => return Err(super::wrong_state(invoice, "credit it instead")),
                _ => return Err(super::wrong_state(invoice, "only an open one is voided")),
            }
            for (field, what) in [("amount_paid", "paid"), ("amount_credited", "credited")] {
                let amount = invoice.int(field).unwrap_or(0);
                if amount != 0 {
                    let amount = words::money(amount, invoice.text("currency"));
                    let detail = format!("{amount} of the invoice were {what}; credit what is left of it instead");
                    return Err(refusal(&format!("invoice_{what}"), detail));
                }
            }
            let fields = [
                ("status", "void".into()),
                ("amount_due", Value::Int(0)),
                ("status_reason", asked.input.value("reason").clone()),
                ("overdue_since", Value::Null),
            ];
            Ok(Plan::one(sight.update(invoice, &fields)?.told("void", "voided")))
        }
        .boxed()
    }
}

/// Gives up what will not be paid.
pub(super) struct WriteOff;

impl Act for WriteOff {
    fn object(&self) -> &'static str {
        "invoice"
    }

    fn name(&self) -> &'static str {
        "write_off"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let invoice = &asked.record;
            if invoice.text("status") != "open" {
                return Err(super::wrong_state(invoice, "only an open one is written off"));
            }
            let fields = [("status", "uncollectible".into()), ("status_reason", asked.input.value("reason").clone())];
            Ok(Plan::one(sight.update(invoice, &fields)?.told("write_off", "written_off")))
        }
        .boxed()
    }
}
