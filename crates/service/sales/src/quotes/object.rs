//! Quotes and their lines.

use kontor_model::{Action, Field, FieldType, Object};

const STATUSES: &[&str] = &["draft", "sent", "accepted", "rejected", "expired"];

pub(crate) fn quote() -> Object {
    Object::new(crate::SERVICE, "quote", "quotes")
        .doc("An offer at fixed prices, valid until a day. Only a draft changes.")
        .owned()
        .named_by("number")
        .lines("quote_line")
        .field(
            Field::new("number", FieldType::text(40))
                .technical()
                .unique()
                .doc("Q-2026-00001 and so on where none is sent."),
        )
        .field(Field::reference("deal", "deal").indexed())
        .field(Field::reference("company", "company").indexed())
        .field(Field::reference("contact", "contact"))
        .field(Field::reference("customer", "customer"))
        .field(Field::reference("price_book", "price_book").doc("Where the prices of its lines come from."))
        .field(
            Field::new("status", FieldType::enumeration(STATUSES.iter().copied()))
                .default("draft")
                .doc("Changed by the quote's actions, and to expired on the day after valid_until."),
        )
        .field(Field::new("valid_until", FieldType::date()).doc("The last day."))
        .field(
            Field::new("revision", FieldType::integer_between(1, 10_000)).read_only().doc("1 for the first version."),
        )
        .field(Field::reference("revises", "quote").read_only().doc("The version before this one."))
        .field(
            Field::new("subtotal", FieldType::money())
                .read_only()
                .doc("Sum of the lines, each half-even to the minor unit, without tax."),
        )
        .field(
            Field::new("tax_total", FieldType::money())
                .read_only()
                .doc("Tax on the sum of each rate's lines, half-even to the minor unit."),
        )
        .field(Field::new("total", FieldType::money()).read_only().doc("subtotal and tax_total."))
        .field(Field::new("sent_at", FieldType::datetime()).read_only())
        .field(Field::new("answered_at", FieldType::datetime()).read_only().doc("When it was accepted or rejected."))
        .field(Field::new("reject_reason", FieldType::text(255)).read_only())
        .field(Field::new("notes", FieldType::long_text()).doc("Printed below the lines."))
        .action(Action::new("send", "Says that the quote has been sent: from now on it does not change."))
        .action(Action::new("accept", "Makes the order that the quote offers.").makes("order"))
        .action(
            Action::new("reject", "Says that the customer does not want it.")
                .takes(Field::new("reason", FieldType::text(255))),
        )
        .action(Action::new("revise", "Makes the next version, a draft with the same lines.").makes("quote"))
}

pub(crate) fn quote_line() -> Object {
    crate::line::line("quote_line", "quote_lines", "quote").doc("A product in a quote.")
}
