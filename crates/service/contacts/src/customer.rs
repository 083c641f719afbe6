//! Customers.

use kontor_model::{ErrorCode, Field, FieldType, Object, View, view};
use kontor_records::likeness;

const TERMS: &[&str] = &["prepaid", "due_on_receipt", "net_7", "net_14", "net_30", "net_45", "net_60", "net_90"];

pub(crate) fn object() -> Object {
    let name = Field::new("name", FieldType::text_between(2, 50)).personal();
    Object::new(crate::SERVICE, "customer", "customers")
        .doc("The party that orders and is invoiced.")
        .view(likeness::duplicates_view())
        .action(likeness::merge_action("customer"))
        .action(likeness::unmerge_action("customer"))
        .owned()
        .field(name.required().unique().taken_code(ErrorCode::DuplicateName).searched())
        .field(
            Field::new("mobile", FieldType::mobile())
                .personal()
                .required()
                .doc("A mobile number of the workspace's mobile_region."),
        )
        .field(Field::new("email", FieldType::email()).personal())
        .field(Field::new("customer_type", FieldType::enumeration(["standard", "vip", "premium"])).required().indexed())
        .field(Field::reference("company", "company").indexed().doc("The company it stands for."))
        .field(Field::reference("contact", "contact").indexed().doc("The person it is, or the person to speak to."))
        .field(Field::new("credit_limit", FieldType::price()).doc("The most that may be owed at a time."))
        .field(
            Field::new("payment_terms", FieldType::enumeration(TERMS.iter().copied()))
                .doc("When an invoice falls due; net_30 is 30 days after its date."),
        )
        .field(Field::new("tax_id", FieldType::text(40)).personal().doc("VAT or other tax number."))
        .field(Field::new("language", FieldType::text(35)).doc("BCP 47, such as de: of the documents for it."))
        .field(
            Field::new("electronic_address", FieldType::text(100))
                .personal()
                .doc("Where electronic invoices go: scheme:id by the list EAS, such as 0088:4012345000009."),
        )
        .field(
            Field::new("buyer_reference", FieldType::text(100))
                .technical()
                .doc("What it wants to find on its invoices, such as a cost centre or a Leitweg-ID."),
        )
        .view(statement())
}

/// What it owes and has paid, from invoicing.
fn statement() -> View {
    View::new("statement", "What the customer owed, was charged, paid and owes, between two days.")
        .of(&[view::JSON, "application/pdf"])
        .takes(Field::new("from", FieldType::date()).doc("The first day; left out, that of the year."))
        .takes(Field::new("until", FieldType::date()).doc("The last day; left out, today."))
        .takes(Field::new("currency", FieldType::currency()).doc("Of the invoices; left out, the workspace's."))
        .takes(Field::new("language", FieldType::text(35)).doc("Of the PDF; left out, the customer's."))
}
