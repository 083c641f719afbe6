//! Legal entities: the firms of the workspace that issue documents.

use kontor_documents::document::LANGUAGES;
use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    let text = |name: &str, max: usize| Field::new(name, FieldType::text(max)).technical();
    Object::new(crate::SERVICE, "legal_entity", "legal_entities")
        .doc("A firm of the workspace that issues quotes, invoices and credit notes: what is printed on them of it.")
        .guarded()
        .field(text("name", 255).required().doc("As it is registered."))
        .field(text("trading_name", 255).doc("The name that customers know; at the head of its letters."))
        .field(
            Field::new("is_default", FieldType::boolean())
                .default(false)
                .indexed()
                .doc("Whether it issues documents that name none. Of several the one that was set last."),
        )
        .fields(Field::address("address").into_iter().map(Field::technical))
        .field(text("vat_id", 20).doc("With its country, such as DE123456789."))
        .field(text("tax_number", 40).doc("Of the local tax office."))
        .field(text("registration_number", 60).doc("Of the register of companies."))
        .field(text("legal_notice", 1_000).doc("What else has to be on letters: court, managers, capital."))
        .field(
            text("electronic_address", 100)
                .doc("Where electronic invoices come from: scheme:id by the list EAS, such as 0088:4012345000009."),
        )
        .field(text("contact_name", 120).doc("Whom customers ask."))
        .field(Field::new("email", FieldType::email()))
        .field(Field::new("phone", FieldType::phone()))
        .field(Field::new("website", FieldType::url()))
        .field(text("bank_name", 120))
        .field(text("account_holder", 120).doc("Left out, its name."))
        .field(text("iban", 42).doc("The account that customers pay to (ISO 13616)."))
        .field(text("bic", 11))
        .field(text("payment_note", 500).doc("Printed with the account."))
        .field(
            Field::new("language", FieldType::enumeration(LANGUAGES.iter().copied()))
                .default("en")
                .doc("Of documents to customers who have none."),
        )
        .field(
            Field::new("logo", FieldType::long_text())
                .technical()
                .doc("A PNG or JPEG in base64, at most 70,000 bytes and 4,000 pixels on a side."),
        )
}
