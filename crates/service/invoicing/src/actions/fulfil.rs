//! `POST /v1/orders/{id}/fulfil`

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::Result;
use kontor_records::{Act, Asked, Plan, Sight, refusal};

pub(super) struct Fulfil;

impl Act for Fulfil {
    fn object(&self) -> &'static str {
        "order"
    }

    fn name(&self) -> &'static str {
        "fulfil"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let order = &asked.record;
            let status = order.text("status");
            if !matches!(status, "unpaid" | "paid") {
                return Err(super::wrong_state(order, "it cannot be fulfilled any more"));
            }
            if status == "unpaid" && order.value("confirmed_at").is_null() {
                return Err(refusal("order_not_confirmed", "the order is not confirmed; confirm it first"));
            }
            let shipped = asked.input.int("shipped_date").or_else(|| order.int("shipped_date"));
            let shipped = shipped.unwrap_or_else(|| sight.today());
            let fields = [("status", "fulfilled".into()), ("shipped_date", shipped.into())];
            Ok(Plan::one(sight.update(order, &fields)?.told("fulfil", "fulfilled")))
        }
        .boxed()
    }
}
