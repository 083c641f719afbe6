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
        .field(Field::new("first_name", FieldType::text(100)).searched())
        .field(Field::new("last_name", FieldType::text_between(1, 100)).required().searched())
        .field(Field::new("name", FieldType::text(255)).read_only().searched().doc("First and last name."))
        .field(Field::new("company_name", FieldType::text(255)).searched())
        .field(Field::new("title", FieldType::text(150)).doc("Position in the company."))
        .field(Field::new("email", FieldType::email()))
        .field(Field::new("phone", FieldType::phone()))
        .field(Field::new("city", FieldType::text(120)))
        .field(Field::new("country", FieldType::country()).doc("Telephone numbers without + are read in it."))
        .field(Field::new("source", FieldType::enumeration(SOURCES.iter().copied())).indexed())
        .field(Field::reference("campaign", "campaign").indexed())
        .field(Field::new("status", FieldType::enumeration(STATUSES.iter().copied())).default("new").indexed())
        .field(
            Field::new("score", FieldType::integer_between(0, 100))
                .indexed()
                .doc("How likely it is to buy; 100 is most likely."),
        )
        .field(Field::new("rating", FieldType::enumeration(["hot", "warm", "cold"])))
        .field(Field::new("interest", FieldType::text(255)).doc("What it asked for."))
        .field(Field::new("estimated_value", FieldType::money()))
        .field(Field::new("tags", FieldType::tags()))
        .derive(Derived::Joined {
            target: "name".to_owned(),
            parts: vec!["first_name".to_owned(), "last_name".to_owned()],
        })
}
