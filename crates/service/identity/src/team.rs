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

/// Who a directory has made a member of which team; beside the team that stands in the user's own record.
pub(crate) fn member() -> Object {
    Object::new(crate::SERVICE, "team_member", "team_members")
        .doc("A user's membership in a team.")
        .guarded()
        .unrouted()
        .named_by("pair")
        .field(Field::reference("team", "team").required().indexed())
        .field(Field::reference("user", "user").required().indexed())
        .field(Field::new("pair", FieldType::text_between(1, 80)).required().unique().doc("The ids of both."))
}
