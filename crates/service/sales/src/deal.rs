//! Deals and their lines.

use kontor_model::{Field, FieldType, Object};

const FORECAST: &[&str] = &["pipeline", "best_case", "commit", "closed", "omitted"];

pub(crate) fn deal() -> Object {
    Object::new(crate::SERVICE, "deal", "deals")
        .doc("A chance to sell, from first talk to won or lost.")
        .owned()
        .field(Field::new("name", FieldType::text_between(1, 255)).required().searched())
        .field(Field::reference("company", "company").indexed())
        .field(Field::reference("contact", "contact"))
        .field(Field::reference("pipeline", "pipeline").indexed())
        .field(Field::reference("stage", "stage").indexed())
        .field(Field::new("amount", FieldType::money()).indexed().doc("What it brings when it is won."))
        .field(Field::new("probability", FieldType::integer_between(0, 100)).doc("Chance of winning, in per cent."))
        .field(Field::new("engaged_on", FieldType::date()).doc("The day that work on it began."))
        .field(Field::new("expected_close_date", FieldType::date()).indexed())
        .field(Field::new("close_date", FieldType::date()).indexed().doc("The day that it was won or lost."))
        .field(Field::new("lost_reason", FieldType::text(255)))
        .field(Field::new("next_step", FieldType::text(255)))
        .field(
            Field::new("forecast_category", FieldType::enumeration(FORECAST.iter().copied()))
                .doc("How surely it is counted in the forecast."),
        )
        .field(Field::new("tags", FieldType::tags()))
}

pub(crate) fn deal_line() -> Object {
    crate::line::line("deal_line", "deal_lines", "deal").doc("A product in a deal.")
}
