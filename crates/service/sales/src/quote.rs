//! Quotes and their lines.

use kontor_model::{Field, FieldType, Object};

const STATUSES: &[&str] = &["draft", "sent", "accepted", "rejected", "expired"];

pub(crate) fn quote() -> Object {
    Object::new(crate::SERVICE, "quote", "quotes")
        .doc("An offer at fixed prices, valid until a day.")
        .owned()
        .named_by("number")
        .field(Field::new("number", FieldType::text(40)).technical().unique())
        .field(Field::reference("deal", "deal").indexed())
        .field(Field::reference("company", "company").indexed())
        .field(Field::reference("contact", "contact"))
        .field(Field::reference("customer", "customer"))
        .field(Field::reference("price_book", "price_book"))
        .field(Field::new("status", FieldType::enumeration(STATUSES.iter().copied())).default("draft"))
        .field(Field::new("valid_until", FieldType::date()).doc("The last day."))
        .field(Field::new("subtotal", FieldType::money()).read_only().doc("Sum of the lines, without tax."))
        .field(Field::new("tax_total", FieldType::money()).read_only())
        .field(Field::new("total", FieldType::money()).read_only())
        .field(Field::new("notes", FieldType::long_text()).doc("Printed below the lines."))
}

pub(crate) fn quote_line() -> Object {
    crate::line::line("quote_line", "quote_lines", "quote").doc("A product in a quote.")
}
