//! What saved views and the choices of default views are.

use kontor_model::{Action, Field, FieldType, Object};

use super::{CHOICE, VIEW};

pub(crate) fn saved_view() -> Object {
    Object::new(crate::SERVICE, VIEW, "saved_views")
        .doc("A list, board or calendar of an object's records as somebody keeps it; its owner's alone until it is shared.")
        .owned()
        .opened_by("shared")
        .field(Field::new("name", FieldType::text_between(1, 255)).required().searched())
        .field(Field::new("description", FieldType::long_text()))
        .field(
            Field::new("target_object", FieldType::text(40))
                .technical()
                .required()
                .indexed()
                .doc("The object whose records it shows; it stays as it was made."),
        )
        .field(Field::new("kind", FieldType::enumeration(["list", "board", "calendar"])).default("list").indexed())
        .field(
            Field::new("definition", FieldType::json()).technical().doc(
                "{\"columns\": [{\"field\", \"width\"}], \"filter\", \"q\", \"sort\", \"group_by\", \"date_field\", \"end_field\", \"deleted\"}, all of it optional; filter and sort as in the body of a search. A board has group_by, a calendar date_field. At most 32 KiB.",
            ),
        )
        .field(
            Field::new("shared", FieldType::boolean())
                .default(false)
                .indexed()
                .doc("Whether everybody in the workspace sees it; single users and teams are given shares."),
        )
        .action(
            Action::new("set_default", "Makes it the view that the caller's lists of the object begin with.")
                .refuses(&[("no_user", "the caller is no user")])
                .open()
                .makes(CHOICE),
        )
}

pub(crate) fn default_view() -> Object {
    Object::new(crate::SERVICE, CHOICE, "default_views")
        .doc("The view that a user, its owner, has chosen to see an object's records with first.")
        .named_by("target_object")
        .owned()
        .private()
        .field(Field::reference("saved_view", VIEW).required().indexed())
        .field(
            Field::new("target_object", FieldType::text(40))
                .technical()
                .read_only()
                .indexed()
                .doc("The object of the view."),
        )
        .field(
            Field::new("place", FieldType::text(80))
                .technical()
                .read_only()
                .unique()
                .doc("Owner and object: there is one choice for each."),
        )
}
