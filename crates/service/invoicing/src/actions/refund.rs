//! `POST /v1/payments/{id}/refund`

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::Result;
use kontor_records::{Act, Asked, Plan, Sight, refusal};

use crate::words;

pub(super) struct Refund;

impl Act for Refund {
    fn object(&self) -> &'static str {
        "payment"
    }

    fn name(&self) -> &'static str {
        "refund"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let payment = &asked.record;
            if !matches!(payment.text("status"), "succeeded" | "partially_refunded") {
                return Err(super::wrong_state(payment, "only money that was received is given back"));
            }
            let (amount, before) = (payment.int("amount").unwrap_or(0), payment.int("refunded_amount").unwrap_or(0));
            let left = amount - before;
            let back = asked.input.int("amount").unwrap_or(left);
            if back <= 0 {
                return Err(refusal("refund_amount", "the amount must be above zero"));
            }
            if back > left {
                let currency = payment.text("currency");
                let detail = format!(
                    "{} is more than the {} that are left of the payment",
                    words::money(back, currency),
                    words::money(left, currency)
                );
                return Err(refusal("refund_too_large", detail));
            }
            let status = if back == left { "refunded" } else { "partially_refunded" };
            let mut fields = vec![
                ("status", status.into()),
                ("refunded_amount", (before + back).into()),
                ("refunded_at", sight.now().into()),
            ];
            if let Some(reason) = asked.input.text("reason") {
                fields.push(("refund_reason", reason.into()));
            }
            // The rules about payments make the invoice due again.
            Ok(Plan::one(sight.update(payment, &fields)?.told("refund", "refunded")))
        }
        .boxed()
    }
}
