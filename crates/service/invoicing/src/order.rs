//! Orders and their lines.

use kontor_model::{Action, Field, FieldType, Object};

use crate::refusals;

const STATUSES: &[&str] = &["unpaid", "paid", "fulfilled", "cancelled"];
const CUSTOMER: &str =
    "Who ordered. An order may be written down without; it is asked for when the order is confirmed.";

pub(crate) fn order() -> Object {
    Object::new(crate::SERVICE, "order", "orders")
        .doc("What a customer has bought.")
        .owned()
        .kept_by_law()
        .named_by("number")
        .lines("order_line")
        .field(Field::new("number", FieldType::text(40)).technical().unique().doc("Left out, O-2026-00001 and so on."))
        .field(Field::reference("customer", "customer").indexed().doc(CUSTOMER))
        .field(Field::reference("company", "company").indexed().doc("The company that it is for."))
        .field(Field::reference("deal", "deal").indexed())
        .field(Field::reference("quote", "quote"))
        .field(
            Field::new("status", FieldType::enumeration(STATUSES.iter().copied()))
                .default("unpaid")
                .doc("Changed by the actions, and by the payment of its invoice."),
        )
        .field(Field::new("order_date", FieldType::date()))
        .field(Field::new("required_date", FieldType::date()).doc("The day that the customer needs it by."))
        .field(Field::new("shipped_date", FieldType::date()))
        .field(Field::new("shipping_name", FieldType::text(255)).personal().doc("Who receives the goods."))
        .fields(Field::address("shipping").into_iter().map(Field::personal))
        .field(Field::new("ship_via", FieldType::text(100)).doc("The carrier."))
        .field(
            Field::new("freight", FieldType::price())
                .doc("What the transport costs. Not in the totals: to charge it, write a line."),
        )
        .fields(crate::line::totals())
        .fields(crate::line::expected())
        .field(Field::new("notes", FieldType::long_text()))
        .field(Field::new("confirmed_at", FieldType::datetime()).read_only().doc("From then on its lines are fixed."))
        .field(Field::new("invoiced_at", FieldType::datetime()).read_only().doc("When it was last invoiced."))
        .field(Field::new("cancelled_at", FieldType::datetime()).read_only())
        .field(Field::new("cancel_reason", FieldType::text(500)).read_only())
        .action(
            Action::new("confirm", "Accepts the order: it needs a customer and lines, which are fixed from then on.")
                .refuses(refusals::CONFIRM),
        )
        .action(
            Action::new("cancel", "Calls the order off, unless it is fulfilled or invoiced.")
                .refuses(refusals::CANCEL)
                .takes(Field::new("reason", FieldType::text(500))),
        )
        .action(
            Action::new("fulfil", "Says that a confirmed order has left the house.")
                .refuses(refusals::FULFIL)
                .takes(Field::new("shipped_date", FieldType::date()).doc("Left out, the order's own or today.")),
        )
        .action(
            Action::new("invoice", "Makes a draft invoice of the order and its lines, once, or anew after a void one.")
                .refuses(refusals::INVOICING)
                .makes("invoice"),
        )
}

/// Neither its price nor its quantity can be below zero.
pub(crate) fn order_line() -> Object {
    crate::line::line("order_line", "order_lines", "order", FieldType::price()).doc("A product in an order.")
}
