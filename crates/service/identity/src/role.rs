//! Roles and their permissions.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn role() -> Object {
    Object::new(crate::SERVICE, "role", "roles")
        .doc("A set of permissions.")
        .guarded()
        .field(Field::new("name", FieldType::text_between(1, 120)).technical().required().unique())
        .field(Field::new("description", FieldType::long_text()).technical())
        .field(Field::new("built_in", FieldType::boolean()).default(false).doc("Shipped, and not to be changed."))
}

pub(crate) fn permission() -> Object {
    Object::new(crate::SERVICE, "permission", "permissions")
        .doc("What a role may do with the records of an object.")
        .named_by("action")
        .guarded()
        .field(Field::reference("role", "role").required().indexed())
        .field(Field::new("target_object", FieldType::text(40)).technical().required().doc("The object, or * for all."))
        .field(
            Field::new("action", FieldType::text(40))
                .technical()
                .required()
                .doc("create, read, update, delete, or * for all of them."),
        )
        .field(Field::new("reach", FieldType::enumeration(["own", "team", "all"])).default("own").doc("Whose records."))
        .field(Field::new("field_mask", FieldType::json()).technical().doc(
            "Paths of fields: {\"hidden\": […], \"read_only\": […]}. What one permission of a role hides, all hide.",
        ))
}
