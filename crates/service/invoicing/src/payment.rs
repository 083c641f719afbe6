//! Payments.

use kontor_model::{Action, Field, FieldType, Object};

use crate::refusals;

pub(crate) const METHODS: &[&str] = &["card", "bank_transfer", "direct_debit", "cash", "cheque", "wallet", "other"];
const STATUSES: &[&str] = &["pending", "succeeded", "failed", "refunded", "partially_refunded"];

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "payment", "payments")
        .kept_by_law()
        .doc("Money received for an invoice.")
        .named_by("gateway_reference")
        .part_of("invoice")
        .field(Field::reference("invoice", "invoice").indexed())
        .field(Field::new("amount", FieldType::price()))
        .field(Field::new("method", FieldType::enumeration(METHODS.iter().copied())))
        .field(
            Field::new("gateway", FieldType::text(40))
                .doc("Who carried it out, such as stripe; none when written by hand."),
        )
        .field(
            Field::new("gateway_reference", FieldType::text(255))
                .unique()
                .doc("The gateway's own id: the same payment is never counted twice."),
        )
        .field(Field::new("reference", FieldType::text(255)).personal().doc("What the payer or the bank calls it."))
        .field(
            Field::new("status", FieldType::enumeration(STATUSES.iter().copied()))
                .default("succeeded")
                .doc("One that is pending or failed counts nothing."),
        )
        .field(Field::new("received_at", FieldType::datetime()))
        .field(Field::new("refunded_amount", FieldType::money()).read_only().doc("What of it was given back."))
        .field(Field::new("refunded_at", FieldType::datetime()).read_only())
        .field(Field::new("refund_reason", FieldType::text(500)).read_only())
        .action(
            Action::new("refund", "Gives a payment back, in part or in full; the invoice is due again by as much.")
                .refuses(refusals::REFUND)
                .takes(Field::new("amount", FieldType::price()).doc("Left out, all that is left of it."))
                .takes(Field::new("reason", FieldType::text(500))),
        )
}
