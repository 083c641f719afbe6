//! Users.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "user", "users")
        .doc("A person who works with the system and owns records.")
        .guarded()
        .field(Field::new("name", FieldType::text_between(1, 255)).personal().required().searched())
        .field(Field::new("given_name", FieldType::text_between(1, 120)).personal())
        .field(Field::new("family_name", FieldType::text_between(1, 120)).personal())
        .field(
            Field::new("user_name", FieldType::text_between(1, 255))
                .personal()
                .unique()
                .doc("What the company's directory calls the user (SCIM)."),
        )
        .field(Field::new("email", FieldType::email()).personal().unique())
        .field(Field::new("title", FieldType::text(150)).personal().doc("Position in the business."))
        .field(
            Field::new("country", FieldType::country()).personal().doc("Telephone numbers without + are read in it."),
        )
        .field(Field::new("phone", FieldType::phone()).personal())
        .field(Field::reference("manager", "user").indexed())
        .field(Field::reference("team", "team").indexed())
        .field(
            Field::reference("role", "role")
                .indexed()
                .doc("What the user may do; all that the credential may, when there is none."),
        )
        .field(Field::new("active", FieldType::boolean()).default(true).doc("Whether the user may sign in."))
        .field(Field::new("time_zone", FieldType::text(64)).technical().doc("IANA name, such as Europe/Berlin."))
        .field(Field::new("locale", FieldType::text(35)).technical().doc("BCP 47, such as de-AT."))
        .field(Field::new("regional_office", FieldType::text(80)))
}
