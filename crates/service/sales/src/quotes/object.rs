//! Quotes and their lines.

use kontor_documents::document::LANGUAGES;
use kontor_model::{Action, Field, FieldType, Object, View};

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
        .field(
            Field::new("answered_by", FieldType::text(255))
                .read_only()
                .personal()
                .doc("The name that was written under it, where it was answered by its link."),
        )
        .field(
            Field::new("answered_from", FieldType::text(45)).read_only().personal().doc("The network address of it."),
        )
        .field(Field::reference("legal_entity", "legal_entity").doc("Who makes the offer; left out, the default one."))
        .field(
            Field::new("language", FieldType::text(35)).doc("BCP 47, of its PDF and page; left out, the customer's."),
        )
        .field(Field::new("notes", FieldType::long_text()).doc("Printed below the lines."))
        .field(Field::new("as_sent", FieldType::json()).read_only().doc(
            "The legal entity and the kinds of tax as they were when it was sent: what its PDF and its page go by.",
        ))
        .field(
            Field::new("sent_to", FieldType::json())
                .read_only()
                .personal()
                .doc("The buyer as it was when it was sent: what its PDF and its page go by."),
        )
        .action(
            Action::new(
                "send",
                "Mails the quote with a link to answer it, where there is an address; it does not change from then on.",
            )
            .refuses(&[
                ("quote_state", "the quote is not a draft"),
                ("quote_expired", "its last day is over"),
                ("quote_empty", "the quote has no lines"),
                ("quote_mail", "an address is named, and no mail wanted"),
                ("legal_entity_missing", "there is no legal entity that makes the offer"),
                ("no_address", "the server has no address that a link could lead to"),
                ("pdf_size", "it is too long to be printed"),
            ])
            .takes(Field::new("to", FieldType::email()).doc("Left out, the customer's address, or the contact's."))
            .takes(Field::new("message", FieldType::text(5_000)).doc("In place of the usual words; the link follows."))
            .takes(
                Field::new("mail", FieldType::boolean())
                    .default(true)
                    .doc("False only says that it was sent, by other means."),
            ),
        )
        .action(
            Action::new("accept", "Makes the order that the quote offers.")
                .refuses(&[
                    ("quote_state", "the quote is not sent, or answered already"),
                    ("quote_expired", "its last day is over"),
                ])
                .makes("order"),
        )
        .action(
            Action::new("reject", "Says that the customer does not want it.")
                .refuses(&[("quote_state", "the quote is not sent, or answered already")])
                .takes(Field::new("reason", FieldType::text(255))),
        )
        .action(
            Action::new("revise", "Makes the next version, a draft with the same lines.")
                .refuses(&[
                    ("quote_state", "the quote is a draft, or accepted"),
                    ("quote_revised", "there is a newer version"),
                ])
                .makes("quote"),
        )
        .view(
            View::new("pdf", "The quote, as it is printed and sent. A draft is marked as one.")
                .of(&[kontor_documents::PDF])
                .takes(
                    Field::new("language", FieldType::enumeration(LANGUAGES.iter().copied()))
                        .doc("Left out, the quote's."),
                ),
        )
}

pub(crate) fn quote_line() -> Object {
    crate::line::line("quote_line", "quote_lines", "quote").doc("A product in a quote.")
}
