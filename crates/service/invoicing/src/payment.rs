//! Payments.

use kontor_model::{Field, FieldType, Object};

const METHODS: &[&str] = &["card", "bank_transfer", "direct_debit", "cash", "cheque", "wallet", "other"];
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
        .field(Field::new("status", FieldType::enumeration(STATUSES.iter().copied())).default("pending"))
        .field(Field::new("received_at", FieldType::datetime()))
}
