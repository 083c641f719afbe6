//! Leads.

use kontor_model::object::Derived;
use kontor_model::{Field, FieldType, Object};

const SOURCES: &[&str] = &[
    "web",
    "referral",
    "event",
    "advertising",
    "social",
    "email",
    "phone",
    "chat",
    "partner",
    "list",
    "import",
    "other",
];
const STATUSES: &[&str] = &["new", "working", "nurturing", "qualified", "unqualified", "converted"];

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "lead", "leads")
        .doc("A person who may want to buy, before anyone has found out.")
        .owned()
        .field(Field::new("first_name", FieldType::text(100)).personal().searched())
        .field(Field::new("last_name", FieldType::text_between(1, 100)).personal().required().searched())
        .field(Field::new("name", FieldType::text(255)).personal().read_only().searched().doc("First and last name."))
        .field(Field::new("company_name", FieldType::text(255)).personal().searched())
        .field(Field::new("title", FieldType::text(150)).personal().doc("Position in the company."))
        .field(Field::new("email", FieldType::email()).personal())
        .field(Field::new("phone", FieldType::phone()).personal())
        .field(Field::new("city", FieldType::text(120)).personal())
        .field(
            Field::new("country", FieldType::country()).personal().doc("Telephone numbers without + are read in it."),
        )
        .field(Field::new("source", FieldType::enumeration(SOURCES.iter().copied())).indexed())
        .field(Field::reference("campaign", "campaign").indexed())
        .field(Field::new("status", FieldType::enumeration(STATUSES.iter().copied())).default("new").indexed())
        .field(
            Field::new("score", FieldType::integer_between(0, 100))
                .indexed()
                .doc("How likely it is to buy; 100 is most likely."),
        )
        .field(Field::new("rating", FieldType::enumeration(["hot", "warm", "cold"])))
        .field(Field::new("interest", FieldType::text(255)).personal().doc("What it asked for."))
        .field(Field::new("estimated_value", FieldType::money()))
        .field(
            Field::new("do_not_sell", FieldType::boolean())
                .default(false)
                .doc("The person's data may not be sold or shared (CCPA, 1798.120)."),
        )
        .field(Field::new("tags", FieldType::tags()).personal())
        .derive(Derived::Joined {
            target: "name".to_owned(),
            parts: vec!["first_name".to_owned(), "last_name".to_owned()],
        })
}
