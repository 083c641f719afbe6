//! Snapshots of the forecast.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "forecast_snapshot", "forecast_snapshots")
        .doc("What an owner's open deals were expected to bring in a month, as it looked when a day began.")
        .owned()
        .named_by("taken_on")
        .read_only()
        .field(Field::new("taken_on", FieldType::date()).required().indexed())
        .field(Field::new("closes_in", FieldType::date()).indexed().doc("The first day of the month."))
        .field(Field::reference("pipeline", "pipeline"))
        .field(Field::new("deal_count", FieldType::integer_between(0, i64::MAX)))
        .field(Field::new("pipeline_amount", FieldType::money()).doc("Of deals that may come."))
        .field(Field::new("best_case_amount", FieldType::money()).doc("Of deals that come when all goes well."))
        .field(Field::new("commit_amount", FieldType::money()).doc("Of deals that are sure to come."))
        .field(Field::new("weighted_amount", FieldType::money()).doc("Each deal's amount times its probability."))
}
