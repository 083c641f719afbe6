//! The object.

use kontor_model::{Action, Field, FieldType, Object};

pub(crate) fn territory() -> Object {
    Object::new(crate::SERVICE, "territory", "territories")
        .doc("A part of the market; the first active one that covers a company, a lead or a deal has it.")
        .guarded()
        .field(Field::new("name", FieldType::text_between(1, 120)).technical().required().unique().searched())
        .field(Field::new("description", FieldType::long_text()))
        .field(Field::reference("parent", "territory").indexed().doc("The territory that it is a part of."))
        .field(
            Field::new("position", FieldType::integer_between(0, 10_000))
                .default(0)
                .doc("Its place among the territories; the first that covers a record has it."),
        )
        .field(Field::new("active", FieldType::boolean()).default(true))
        .field(Field::new("covers", FieldType::json()).technical().doc(
            "What it covers, a filter for each: {\"company\": filter, \"lead\": filter, \"deal\": filter}; a deal that none covers goes with its company.",
        ))
        .field(Field::reference("manager", "user").doc("Who answers for it."))
        .field(Field::reference("team", "team").doc("Who works in it."))
        .field(
            Field::new("assigned_at", FieldType::datetime())
                .read_only()
                .doc("When records were last gone through; empty while that is to be done."),
        )
        .action(Action::new("assign", "Has all records gone through again, in the background.").refuses(&[("assignment_pending", "records are being gone through already")]))
}
