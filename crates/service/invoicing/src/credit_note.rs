//! Credit notes and their lines.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn credit_note() -> Object {
    let object = Object::new(crate::SERVICE, "credit_note", "credit_notes")
        .doc("Takes back an invoice, or part of it. Made by the action credit of invoices, and never changed.")
        .owned()
        .kept_by_law()
        .read_only()
        .named_by("number")
        .lines("credit_note_line")
        .field(
            Field::new("number", FieldType::text(40))
                .technical()
                .unique()
                .doc("CN-2026-00001 and so on without gaps, in the year of its date."),
        )
        .field(Field::reference("invoice", "invoice").required().indexed().doc("What it takes back."))
        .field(Field::reference("customer", "customer").required().indexed())
        .field(Field::new("issue_date", FieldType::date()).indexed())
        .field(Field::new("reason", FieldType::text(500)))
        .field(Field::new("billing_name", FieldType::text(255)).personal())
        .fields(Field::address("billing").into_iter().map(Field::personal))
        .field(Field::new("billing_tax_id", FieldType::text(40)).personal())
        .fields(crate::papers::fields())
        .fields(crate::line::totals())
        .field(Field::new("sent_at", FieldType::datetime()).read_only().doc("When it was last sent."))
        .action(crate::papers::send_action("Mails the credit note to the customer, as PDF and electronic invoice."));
    crate::papers::shown(object).view(crate::papers::ubl_view())
}

pub(crate) fn credit_note_line() -> Object {
    crate::line::line("credit_note_line", "credit_note_lines", "credit_note", FieldType::money())
        .read_only()
        .doc("What a credit note takes back of one line of the invoice.")
        .field(Field::reference("invoice_line", "invoice_line").required().indexed())
}
