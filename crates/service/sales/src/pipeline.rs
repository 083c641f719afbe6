//! Pipelines and their stages.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn pipeline() -> Object {
    Object::new(crate::SERVICE, "pipeline", "pipelines")
        .doc("A way of selling: an ordered list of stages.")
        .field(Field::new("name", FieldType::text_between(1, 120)).technical().required())
        .field(Field::new("position", FieldType::integer_between(0, 10_000)).doc("Its place among the pipelines."))
        .field(Field::new("active", FieldType::boolean()).default(true))
}

pub(crate) fn stage() -> Object {
    Object::new(crate::SERVICE, "stage", "stages")
        .doc("A step of a pipeline.")
        .field(Field::reference("pipeline", "pipeline").indexed())
        .field(Field::new("name", FieldType::text_between(1, 120)).technical().required())
        .field(
            Field::new("position", FieldType::integer_between(0, 10_000))
                .doc("Its place in the pipeline; the first is 1."),
        )
        .field(
            Field::new("probability", FieldType::integer_between(0, 100))
                .doc("Chance, in per cent, that a deal in it is won."),
        )
        .field(
            Field::new("rotting_days", FieldType::integer_between(1, 3_650))
                .doc("Days without news after which a deal in it counts as stale."),
        )
        .field(Field::new("kind", FieldType::enumeration(["open", "won", "lost"])).default("open").indexed())
}
