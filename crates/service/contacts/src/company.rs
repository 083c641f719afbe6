//! Companies.

use kontor_model::{Field, FieldType, Object};
use kontor_records::likeness;

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "company", "companies")
        .doc("An organisation: a prospect, a customer's firm, a supplier or a partner.")
        .view(likeness::duplicates_view())
        .action(likeness::merge_action("company"))
        .action(likeness::unmerge_action("company"))
        .owned()
        .field(Field::new("name", FieldType::text_between(1, 255)).required().indexed().searched())
        .field(
            Field::new("domain", FieldType::text(253))
                .unique()
                .doc("Its internet domain, such as example.com; duplicates are found by it."),
        )
        .field(Field::new("industry", FieldType::text(100)).indexed().searched())
        .field(Field::new("size", FieldType::integer_between(0, 100_000_000)).doc("Number of employees."))
        .field(Field::new("founded_year", FieldType::integer_between(1, 9999)))
        .field(Field::new("annual_revenue", FieldType::money()))
        .field(Field::new("phone", FieldType::phone()))
        .field(Field::new("website", FieldType::url()))
        .field(Field::new("city", FieldType::text(120)).indexed().doc("Where it sits."))
        .field(
            Field::new("country", FieldType::country())
                .doc("Where it sits; telephone numbers without + are read in it."),
        )
        .fields(Field::address("billing"))
        .fields(Field::address("shipping"))
        .field(Field::reference("parent", "company").doc("The company that owns it."))
        .field(crate::lifecycle::stage())
        .fields(Field::territory())
        .field(Field::new("description", FieldType::long_text()))
        .field(Field::new("tags", FieldType::tags()))
}
