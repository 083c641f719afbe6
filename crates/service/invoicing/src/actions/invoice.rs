//! `POST /v1/orders/{id}/invoice`

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Change, Json, Op, Result, Step, Value};
use kontor_records::{Act, Asked, Found, Plan, Sight, refusal};

/// What an invoice takes from its order.
const TAKEN: &[&str] = &["customer_id", "deal_id", "currency", "owner_id"];
/// What a line takes from the order's.
const OF_LINES: &[&str] = &[
    "position",
    "product_id",
    "sku",
    "description",
    "quantity",
    "unit",
    "unit_price",
    "discount",
    "tax_rate_id",
    "currency",
];

pub(super) struct Invoice;

impl Act for Invoice {
    fn object(&self) -> &'static str {
        "order"
    }

    fn name(&self) -> &'static str {
        "invoice"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let order = &asked.record;
            if order.text("status") == "cancelled" {
                return Err(super::wrong_state(order, "it is not invoiced"));
            }
            super::customer(sight, order).await?;
            let lines = super::priced_lines(sight, order, "order_line").await?;
            if let Some(invoice) = live(sight, order).await? {
                let detail = format!(
                    "the order is invoiced already, by the invoice {} that is {}; void that first to invoice it anew",
                    name(&invoice),
                    invoice.text("status")
                );
                return Err(refusal("order_invoiced", detail));
            }
            let mut data = copied(sight, "invoice", order, TAKEN, &[("order_id", Value::Int(order.id.0))])?;
            let lines = lines.iter().map(|line| copied(sight, "invoice_line", line, OF_LINES, &[]));
            push(&mut data, "lines", Json::Array(lines.collect::<Result<_>>()?));
            let invoice = Step::of_service(Change::Create { object: "invoice".to_owned(), data });
            // The order is written too, so that of two who invoice it at once one is the first.
            let mut fields = vec![("invoiced_at", sight.now().into())];
            if order.value("confirmed_at").is_null() {
                fields.push(("confirmed_at", sight.now().into()));
            }
            Ok(Plan::one(invoice).and(sight.update(order, &fields)?.told("invoice", "invoiced")))
        }
        .boxed()
    }
}

/// An invoice of an order that is not void.
///
/// # Errors
/// The database's.
pub(super) async fn live(sight: &Sight<'_>, order: &Found) -> Result<Option<Found>> {
    let own = [("order_id", Op::Eq, Value::Int(order.id.0)), ("status", Op::Ne, "void".into())];
    Ok(sight.find("invoice", &own, 1).await?.pop())
}

/// An invoice's number, or its id while it has none.
pub(super) fn name(invoice: &Found) -> String {
    Some(invoice.text("number"))
        .filter(|number| !number.is_empty())
        .map_or_else(|| invoice.id.to_string(), str::to_owned)
}

/// Data for a new record: these fields of another, and some more.
///
/// # Errors
/// A field that the object does not have.
pub(super) fn copied(
    sight: &Sight<'_>,
    object: &str,
    from: &Found,
    fields: &[&'static str],
    more: &[(&'static str, Value)],
) -> Result<Json> {
    let taken = fields.iter().map(|field| (*field, from.value(field).clone()));
    let all: Vec<(&str, Value)> = taken.chain(more.iter().cloned()).filter(|(_, value)| !value.is_null()).collect();
    sight.data(object, &all)
}

/// Adds a member to an object.
pub(super) fn push(data: &mut Json, name: &str, value: Json) {
    if let Json::Object(members) = data {
        members.push((name.to_owned(), value));
    }
}
