//! Invoices and their lines.

use kontor_model::{Field, FieldType, Object};

const STATUSES: &[&str] = &["draft", "open", "paid", "void", "uncollectible"];

pub(crate) fn invoice() -> Object {
    Object::new(crate::SERVICE, "invoice", "invoices")
        .doc("A demand for payment.")
        .owned()
        .kept_by_law()
        .named_by("number")
        .field(Field::new("number", FieldType::text(40)).technical().unique())
        .field(Field::reference("customer", "customer").required().indexed())
        .field(Field::reference("deal", "deal").indexed())
        .field(Field::reference("order", "order").indexed())
        .field(Field::new("status", FieldType::enumeration(STATUSES.iter().copied())).default("draft"))
        .field(Field::new("issue_date", FieldType::date()))
        .field(Field::new("due_date", FieldType::date()))
        .fields(Field::address("billing").into_iter().map(Field::personal))
        .field(
            Field::new("tax_lines", FieldType::json()).read_only().doc("Tax by rate: [{\"rate\", \"base\", \"tax\"}]."),
        )
        .field(Field::new("subtotal", FieldType::money()).read_only().doc("Sum of the lines, without tax."))
        .field(Field::new("tax_total", FieldType::money()).read_only())
        .field(Field::new("total", FieldType::money()).read_only())
        .field(Field::new("amount_due", FieldType::money()).read_only().doc("What has not been paid yet."))
        .field(Field::new("notes", FieldType::long_text()).doc("Printed below the lines."))
}

/// A credit takes back what was charged, so its price may be below zero.
pub(crate) fn invoice_line() -> Object {
    crate::line::line("invoice_line", "invoice_lines", "invoice", FieldType::money(), FieldType::decimal(4))
        .kept_by_law()
        .doc("A product in an invoice.")
}
