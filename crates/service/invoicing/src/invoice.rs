//! Invoices and their lines.

use kontor_model::{Action, Field, FieldType, Object};

use crate::{papers, refusals};

const STATUSES: &[&str] = &["draft", "open", "paid", "void", "uncollectible"];

pub(crate) fn invoice() -> Object {
    let money = |name: &str| Field::new(name, FieldType::money()).read_only();
    let time = |name: &str| Field::new(name, FieldType::datetime()).read_only();
    let object = Object::new(crate::SERVICE, "invoice", "invoices")
        .doc("A demand for payment. Once finalized it changes only by its actions.")
        .owned()
        .kept_by_law()
        .named_by("number")
        .lines("invoice_line")
        .field(
            Field::new("number", FieldType::text(40))
                .technical()
                .unique()
                .doc("Given when it is finalized, 2026-00001 and so on without gaps."),
        )
        .field(Field::reference("customer", "customer").required().indexed())
        .field(Field::reference("deal", "deal").indexed())
        .field(Field::reference("order", "order").indexed())
        .field(
            Field::new("status", FieldType::enumeration(STATUSES.iter().copied()))
                .default("draft")
                .indexed()
                .doc("Changed by the actions, and by payments."),
        )
        .field(Field::new("issue_date", FieldType::date()).indexed())
        .field(
            Field::new("due_date", FieldType::date())
                .indexed()
                .doc("Left out, it follows from the customer's payment_terms when the invoice is finalized."),
        )
        .field(Field::new("billing_name", FieldType::text(255)).personal().doc("Left out, the customer's name."))
        .fields(Field::address("billing").into_iter().map(Field::personal))
        .field(Field::new("billing_tax_id", FieldType::text(40)).personal().doc("Left out, the customer's tax_id."))
        .fields(papers::fields())
        .field(
            Field::new("delivery_date", FieldType::date())
                .doc("When goods or services were delivered; electronic invoices within the EU ask for it."),
        )
        .fields(crate::line::totals())
        .fields(crate::line::expected())
        .field(money("amount_paid").doc("What has been received, less what was refunded."))
        .field(money("amount_credited").doc("What credit notes have taken back."))
        .field(
            money("amount_due")
                .doc("total less amount_paid and amount_credited; below zero, what the customer is to get back."),
        )
        .field(Field::new("notes", FieldType::long_text()).doc("Printed below the lines."))
        .field(time("finalized_at"))
        .field(time("paid_at"))
        .field(Field::new("status_reason", FieldType::text(500)).read_only().doc("Why it was voided or written off."))
        .field(
            Field::new("overdue_since", FieldType::date())
                .read_only()
                .indexed()
                .doc("The first day on which it was overdue; none when it is not, or nothing is due any more."),
        )
        .field(Field::new("dunning_level", FieldType::integer()).read_only().doc("The last dunning step taken."))
        .field(time("dunned_at"))
        .field(time("sent_at").doc("When it was last sent."));
    acting(papers::shown(object).view(papers::ubl_view()))
}

fn acting(object: Object) -> Object {
    let reason = || Field::new("reason", FieldType::text_between(1, 500)).required();
    object
        .action(
            Action::new("finalize", "Gives a draft its number and dates; from then on it changes only by actions.")
                .refuses(refusals::FINALIZE)
                .takes(Field::new("issue_date", FieldType::date()).doc("Left out, the draft's own or today.")),
        )
        .action(
            Action::new("pay", "Records money received for an open invoice, in part or in full.")
                .refuses(refusals::PAY)
                .takes(Field::new("amount", FieldType::price()).required().doc("At most what is due."))
                .takes(
                    Field::new("method", FieldType::enumeration(crate::payment::METHODS.iter().copied())).required(),
                )
                .takes(Field::new("received_at", FieldType::datetime()).doc("Left out, now."))
                .takes(Field::new("reference", FieldType::text(255)).doc("What the payer or the bank calls it."))
                .makes("payment"),
        )
        .action(
            Action::new("void", "Takes back an open invoice of which nothing was paid or credited.")
                .refuses(refusals::VOID)
                .takes(reason()),
        )
        .action(
            Action::new("credit", "Takes back all of a finalized invoice, or some of its lines, by a credit note.")
                .refuses(refusals::CREDIT)
                .takes(Field::new("lines", FieldType::json()).doc(
                    "[{\"line_id\", \"quantity\"}]; a quantity left out is all that is left of the line. Without lines, \
                     all that is left of the invoice.",
                ))
                .takes(reason())
                .makes("credit_note"),
        )
        .action(papers::send_action("Mails a finalized invoice to the customer, as PDF and electronic invoice."))
        .action(
            Action::new("write_off", "Gives up what is due of an open invoice.")
                .refuses(refusals::WRITE_OFF)
                .takes(reason()),
        )
}

/// A rebate is a line whose price is below zero.
pub(crate) fn invoice_line() -> Object {
    crate::line::line("invoice_line", "invoice_lines", "invoice", FieldType::money()).doc("A product in an invoice.")
}
