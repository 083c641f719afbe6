//! Contacts.

use kontor_model::object::Derived;
use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "contact", "contacts")
        .doc("A person.")
        .owned()
        .field(Field::new("first_name", FieldType::text(100)).searched())
        .field(Field::new("last_name", FieldType::text_between(1, 100)).required().searched())
        .field(Field::new("name", FieldType::text(255)).read_only().searched().doc("First and last name."))
        .field(Field::new("email", FieldType::email()).indexed().searched())
        .field(Field::new("phone", FieldType::phone()))
        .field(Field::new("mobile_phone", FieldType::phone()))
        .field(Field::new("title", FieldType::text(150)).doc("Position in the company."))
        .field(Field::reference("company", "company").indexed())
        .field(Field::new("city", FieldType::text(120)).indexed())
        .field(Field::new("country", FieldType::country()).doc("Telephone numbers without + are read in it."))
        .field(crate::lifecycle::stage().indexed())
        .field(Field::new("birthday", FieldType::date()))
        .field(Field::new("do_not_call", FieldType::boolean()).default(false))
        .field(Field::new("do_not_email", FieldType::boolean()).default(false))
        .field(Field::new("tags", FieldType::tags()))
        .derive(Derived::Joined {
            target: "name".to_owned(),
            parts: vec!["first_name".to_owned(), "last_name".to_owned()],
        })
}
