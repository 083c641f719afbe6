//! An order is paid when its invoices are.

use std::collections::BTreeMap;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Op, Result, Value};
use kontor_records::{Hook, Sight, Touched, Verdict};

use super::kind::{MANY, map_of};

pub(super) struct Settlement;

impl Hook for Settlement {
    fn objects(&self) -> &'static [&'static str] {
        &["invoice"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            if sight.is_history() {
                return Ok(Vec::new());
            }
            let moved = |t: &&Touched<'_>| {
                let (before, after) = t.field("status");
                t.before.is_some() && t.after.is_some() && before != after
            };
            let steps: BTreeMap<i64, usize> = (touched.iter().filter(moved))
                .filter_map(|t| Some((t.field("order_id").1.as_i64()?, t.step)))
                .collect();
            if steps.is_empty() {
                return Ok(Vec::new());
            }
            let ids: Vec<i64> = steps.keys().copied().collect();
            let orders = map_of(sight, "order", ids.clone()).await?;
            let invoices = sight.find("invoice", &[("order_id", Op::In, Value::Ints(ids))], MANY).await?;
            let mut out = Vec::new();
            for (id, step) in steps {
                let Some(order) = orders.get(&id) else { continue };
                let own = || invoices.iter().filter(|i| i.int("order_id") == Some(id) && i.text("status") != "void");
                let received = own().any(|invoice| invoice.int("amount_paid").unwrap_or(0) > 0);
                let paid = received && own().all(|invoice| invoice.text("status") == "paid");
                let (status, told) = match (order.text("status"), paid) {
                    ("unpaid", true) => ("paid", ("pay", "paid")),
                    ("paid", false) => ("unpaid", ("refund", "reopened")),
                    _ => continue,
                };
                let then = sight.update(order, &[("status", status.into())])?.told(told.0, told.1);
                out.push(Verdict::Follow { step, then });
            }
            Ok(out)
        }
        .boxed()
    }
}
