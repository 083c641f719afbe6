//! `POST /v1/orders/{id}/confirm`

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::Result;
use kontor_records::{Act, Asked, Plan, Sight, refusal};

pub(super) struct Confirm;

impl Act for Confirm {
    fn object(&self) -> &'static str {
        "order"
    }

    fn name(&self) -> &'static str {
        "confirm"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let order = &asked.record;
            if order.text("status") != "unpaid" {
                return Err(super::wrong_state(order, "only an unpaid one is confirmed"));
            }
            if !order.value("confirmed_at").is_null() {
                return Err(refusal("order_confirmed", "the order is confirmed already"));
            }
            super::customer(sight, order).await?;
            super::priced_lines(sight, order, "order_line").await?;
            let mut fields = vec![("confirmed_at", sight.now().into())];
            if order.value("order_date").is_null() {
                fields.push(("order_date", sight.today().into()));
            }
            Ok(Plan::one(sight.update(order, &fields)?.told("confirm", "confirmed")))
        }
        .boxed()
    }
}
