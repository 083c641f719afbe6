//! Snapshots.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "snapshot", "snapshots")
        .doc("What lay in a stage of a pipeline when a day began.")
        .named_by("taken_on")
        .read_only()
        .field(Field::new("taken_on", FieldType::date()).required().indexed())
        .field(Field::reference("pipeline", "pipeline").indexed())
        .field(Field::reference("stage", "stage"))
        .field(Field::new("deal_count", FieldType::integer_between(0, i64::MAX)))
        .field(Field::new("amount", FieldType::money()))
        .field(Field::new("weighted_amount", FieldType::money()).doc("Each deal's amount times its probability."))
}
