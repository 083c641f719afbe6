//! `POST /v1/orders/{id}/cancel`

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::Result;
use kontor_records::{Act, Asked, Plan, Sight, refusal};

pub(super) struct Cancel;

impl Act for Cancel {
    fn object(&self) -> &'static str {
        "order"
    }

    fn name(&self) -> &'static str {
        "cancel"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let order = &asked.record;
            match order.text("status") {
                "unpaid" => {}
                "paid" => return Err(super::wrong_state(order, "refund its payments first")),
                _ => return Err(super::wrong_state(order, "it cannot be cancelled any more")),
            }
            if let Some(invoice) = super::invoice::live(sight, order).await? {
                let what = match invoice.text("status") {
                    "draft" => "delete the draft",
                    _ => "void or credit it",
                };
                let detail = format!("the order has the invoice {}; {what} first", super::invoice::name(&invoice));
                return Err(refusal("order_invoiced", detail));
            }
            let reason = asked.input.text("reason").map(str::to_owned);
            let fields = [
                ("status", "cancelled".into()),
                ("cancelled_at", sight.now().into()),
                ("cancel_reason", reason.into()),
            ];
            Ok(Plan::one(sight.update(order, &fields)?.told("cancel", "cancelled")))
        }
        .boxed()
    }
}
