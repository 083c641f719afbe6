//! Teams.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "team", "teams")
        .doc("Users who work together; a role may give rights over the team's records.")
        .guarded()
        .field(Field::new("name", FieldType::text_between(1, 120)).required().unique())
        .field(Field::new("description", FieldType::long_text()))
        .field(Field::reference("manager", "user"))
}
