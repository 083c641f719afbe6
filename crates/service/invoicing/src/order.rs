//! Orders and their lines.

use kontor_model::{Field, FieldType, Object};

const STATUSES: &[&str] = &["unpaid", "paid", "fulfilled", "cancelled"];
const CUSTOMER: &str =
    "Who ordered. An order may be written down without; the rules of invoicing ask for it when the order is confirmed.";

pub(crate) fn order() -> Object {
    Object::new(crate::SERVICE, "order", "orders")
        .doc("What a customer has bought.")
        .owned()
        .kept_by_law()
        .named_by("number")
        .field(Field::new("number", FieldType::text(40)).technical().unique())
        .field(Field::reference("customer", "customer").indexed().doc(CUSTOMER))
        .field(Field::reference("company", "company").indexed().doc("The company that it is for."))
        .field(Field::reference("deal", "deal").indexed())
        .field(Field::reference("quote", "quote"))
        .field(Field::new("status", FieldType::enumeration(STATUSES.iter().copied())).default("unpaid"))
        .field(Field::new("order_date", FieldType::date()))
        .field(Field::new("required_date", FieldType::date()).doc("The day that the customer needs it by."))
        .field(Field::new("shipped_date", FieldType::date()))
        .field(Field::new("shipping_name", FieldType::text(255)).personal().doc("Who receives the goods."))
        .fields(Field::address("shipping").into_iter().map(Field::personal))
        .field(Field::new("ship_via", FieldType::text(100)).doc("The carrier."))
        .field(Field::new("freight", FieldType::price()).doc("What the transport costs."))
        .field(Field::new("subtotal", FieldType::money()).read_only().doc("Sum of the lines, without tax."))
        .field(Field::new("tax_total", FieldType::money()).read_only())
        .field(Field::new("total", FieldType::money()).read_only())
        .field(Field::new("notes", FieldType::long_text()))
}

/// Neither its price nor its quantity can be below zero.
pub(crate) fn order_line() -> Object {
    let quantity = FieldType::decimal_between(4, 0, i64::MAX);
    crate::line::line("order_line", "order_lines", "order", FieldType::price(), quantity)
        .kept_by_law()
        .doc("A product in an order.")
}
