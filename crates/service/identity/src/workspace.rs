//! Workspaces and their spaces.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn workspace() -> Object {
    Object::new(crate::SERVICE, "workspace", "workspaces")
        .doc("A business with all its data.")
        .unrouted()
        .field(Field::new("name", FieldType::text_between(1, 120)).required())
        .field(Field::new("default_currency", FieldType::currency()).doc("What money has when none is sent."))
        .field(Field::new("time_zone", FieldType::text(64)).doc("IANA name; days begin and end in it."))
        .field(Field::new("locale", FieldType::text(35)).doc("BCP 47, such as de-AT."))
        .field(Field::new("phone_region", FieldType::country()).doc("Where a telephone number without + is read in."))
        .field(Field::new("mobile_region", FieldType::country()).doc("Whose mobile numbers customers must have."))
        .field(Field::new("active", FieldType::boolean()).default(true))
}

pub(crate) fn space() -> Object {
    Object::new(crate::SERVICE, "space", "spaces")
        .doc("A workspace's live data, or a sandbox: a copy to try things in.")
        .unrouted()
        .field(Field::new("name", FieldType::text_between(1, 120)).required())
        .field(Field::reference("workspace", "workspace").required().indexed())
        .field(Field::new("kind", FieldType::enumeration(["live", "sandbox"])).default("live"))
        .field(Field::reference("source_space", "space").doc("The space that a sandbox is a copy of."))
        .field(Field::new("refreshed_at", FieldType::datetime()).doc("When the copy was made."))
}
