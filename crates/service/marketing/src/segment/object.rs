//! What a segment and its kept members are.

use kontor_model::{Action, Field, FieldType, Object, View};

pub(crate) fn segment() -> Object {
    Object::new(crate::SERVICE, "segment", "segments")
        .doc("A group of records that fit a filter.")
        .owned()
        .field(Field::new("name", FieldType::text_between(1, 255)).required().searched())
        .field(Field::new("description", FieldType::long_text()))
        .field(
            Field::new("target_object", FieldType::text(40))
                .technical()
                .default("contact")
                .doc("The object whose records it holds."),
        )
        .field(
            Field::new("conditions", FieldType::json())
                .technical()
                .doc("The filter, as in the body of a search; {\"segment\": id} is one of them. None is everybody."),
        )
        .field(
            Field::new("kind", FieldType::enumeration(["live", "frozen"]))
                .default("live")
                .doc("Live ones follow the filter, frozen ones keep whom they found (action freeze)."),
        )
        .field(
            Field::new("tracked", FieldType::boolean())
                .default(false)
                .doc("Whether it is kept when somebody comes in and leaves (segment_members)."),
        )
        .field(Field::new("frozen_at", FieldType::datetime()).read_only())
        .field(
            Field::new("drawing", FieldType::boolean())
                .read_only()
                .default(false)
                .doc("Whether its members are being written down; until then it has only some of them."),
        )
        .action(
            Action::new("freeze", "Keeps whom it finds now; later changes of records change nothing any more.")
                .refuses(&[
                    ("segment_frozen", "it is frozen already"),
                    ("segment_tracked", "it keeps who comes and goes"),
                ]),
        )
        .view(
            View::new("members", "Who is in it: ids and names, a page at a time.")
                .takes(Field::new("limit", FieldType::integer_between(1, 500)).default(50))
                .takes(Field::new("after", FieldType::any_reference()).doc("The last id of the page before.")),
        )
        .view(View::new("count", "How many are in it."))
}

pub(crate) fn segment_member() -> Object {
    Object::new(crate::SERVICE, "segment_member", "segment_members")
        .doc("That a record is, or was, in a segment that keeps its members.")
        .named_by("id")
        .part_of("segment")
        .read_only()
        .field(Field::reference("segment", "segment").required().indexed())
        .field(Field::new("record_id", FieldType::any_reference()).required().indexed())
        .field(Field::new("entered_at", FieldType::datetime()))
        .field(Field::new("left_at", FieldType::datetime()))
        .field(
            Field::new("place", FieldType::text(60))
                .technical()
                .read_only()
                .unique()
                .doc("Segment and record while it is in."),
        )
}
