//! Contacts.

use kontor_model::object::Derived;
use kontor_model::{Field, FieldType, Object};
use kontor_records::likeness;

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "contact", "contacts")
        .doc("A person.")
        .view(likeness::duplicates_view())
        .action(likeness::merge_action("contact"))
        .action(likeness::unmerge_action("contact"))
        .owned()
        .field(Field::new("first_name", FieldType::text(100)).personal().searched())
        .field(Field::new("last_name", FieldType::text_between(1, 100)).personal().required().searched())
        .field(Field::new("name", FieldType::text(255)).personal().read_only().searched().doc("First and last name."))
        .field(Field::new("email", FieldType::email()).personal().indexed().searched())
        .field(Field::new("phone", FieldType::phone()).personal())
        .field(Field::new("mobile_phone", FieldType::phone()).personal())
        .field(Field::new("title", FieldType::text(150)).personal().doc("Position in the company."))
        .field(Field::reference("company", "company").indexed())
        .field(Field::new("city", FieldType::text(120)).personal().indexed())
        .field(
            Field::new("country", FieldType::country()).personal().doc("Telephone numbers without + are read in it."),
        )
        .field(crate::lifecycle::stage().indexed())
        .field(Field::new("birthday", FieldType::date()).personal())
        .field(Field::new("do_not_call", FieldType::boolean()).default(false))
        .field(Field::new("do_not_email", FieldType::boolean()).default(false))
        .field(kontor_records::bounces::field())
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
