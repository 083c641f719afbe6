//! Customers.

use kontor_model::{ErrorCode, Field, FieldType, Object};
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
}
