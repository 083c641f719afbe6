//! Deals, their lines, and where they have been.

use kontor_model::object::Derived;
use kontor_model::{Action, Field, FieldType, Object};

use crate::pipeline::FORECAST;

pub(crate) fn deal() -> Object {
    let close_date = || Field::new("close_date", FieldType::date()).doc("The day; today when it is left out.");
    let reason = || Field::new("reason", FieldType::text_between(1, 255));
    Object::new(crate::SERVICE, "deal", "deals")
        .doc("A chance to sell, from first talk to won or lost.")
        .owned()
        .lines("deal_line")
        .field(Field::new("name", FieldType::text_between(1, 255)).required().searched())
        .field(Field::reference("company", "company").indexed())
        .field(Field::reference("contact", "contact"))
        .field(Field::reference("pipeline", "pipeline").indexed().doc("The first one when it is left out."))
        .field(Field::reference("stage", "stage").indexed().doc("Of the pipeline; its first when it is left out."))
        .field(Field::reference("price_book", "price_book").doc("Where the prices of its lines come from."))
        .field(
            Field::new("amount", FieldType::money())
                .indexed()
                .doc("What it brings when it is won; the sum of its lines where it has any."),
        )
        .field(
            Field::new("probability", FieldType::integer_between(0, 100))
                .doc("Chance of winning, in per cent; the stage's unless it is set by hand."),
        )
        .field(
            Field::new("weighted_amount", FieldType::money())
                .read_only()
                .doc("amount × probability, half-even to four digits."),
        )
        .field(Field::new("engaged_on", FieldType::date()).doc("The day that work on it began."))
        .field(Field::new("expected_close_date", FieldType::date()).indexed())
        .field(Field::new("close_date", FieldType::date()).indexed().doc("The day that it was won or lost."))
        .field(Field::new("cycle_days", FieldType::integer()).read_only().doc("Days from engaged_on to close_date."))
        .field(Field::new("lost_reason", FieldType::text(255)))
        .field(Field::new("moved_reason", FieldType::text(255)).doc("Why it was moved to its stage."))
        .field(Field::new("next_step", FieldType::text(255)))
        .field(Field::reference("campaign", "campaign").indexed().doc("The campaign that it came from."))
        .fields(Field::territory())
        .field(
            Field::new("forecast_category", FieldType::enumeration(FORECAST.iter().copied()))
                .doc("How surely it is counted in the forecast; the stage's unless it is set by hand."),
        )
        .field(Field::new("stage_entered_at", FieldType::datetime()).read_only().doc("Since when it is in its stage."))
        .field(
            Field::new("stale_at", FieldType::datetime())
                .read_only()
                .indexed()
                .doc("When it counts as stale: after the stage's rotting_days without a change of it."),
        )
        .field(Field::new("tags", FieldType::tags()))
        .derive(Derived::DaysBetween {
            target: "cycle_days".to_owned(),
            from: "engaged_on".to_owned(),
            to: "close_date".to_owned(),
        })
        .action(
            Action::new("move", "Moves the deal to another stage of its pipeline.")
                .refuses(&[
                    ("deal_closed", "the deal is won or lost; reopen it first"),
                    ("same_stage", "the deal is in that stage already"),
                    ("lost_reason", "a lost stage is entered with a reason"),
                    ("stage_entry", "the deal lacks fields that the stage asks for"),
                ])
                .takes(Field::reference("stage", "stage").required())
                .takes(reason().doc("Why; has to be there when the stage is a lost one."))
                .takes(close_date()),
        )
        .action(
            Action::new("win", "Says that the deal is won.")
                .refuses(&[
                    ("deal_closed", "the deal is won or lost; reopen it first"),
                    ("no_stage", "the pipeline has no won stage"),
                    ("stage_entry", "the deal lacks fields that the stage asks for"),
                ])
                .takes(close_date()),
        )
        .action(
            Action::new("lose", "Says that the deal is lost, and why.")
                .refuses(&[
                    ("deal_closed", "the deal is won or lost; reopen it first"),
                    ("no_stage", "the pipeline has no lost stage"),
                    ("stage_entry", "the deal lacks fields that the stage asks for"),
                ])
                .takes(reason().required())
                .takes(close_date()),
        )
        .action(
            Action::new("reopen", "Takes a closed deal up again, where it was or in another open stage.")
                .refuses(&[
                    ("deal_open", "the deal is neither won nor lost"),
                    ("closed_stage", "the stage that is named is not open"),
                    ("no_stage", "the pipeline has no open stage"),
                    ("stage_entry", "the deal lacks fields that the stage asks for"),
                ])
                .takes(Field::reference("stage", "stage").doc("The stage that it was in when it is left out.")),
        )
}

pub(crate) fn deal_line() -> Object {
    crate::line::line("deal_line", "deal_lines", "deal").doc("A product in a deal.")
}

pub(crate) fn stage_visit() -> Object {
    Object::new(crate::SERVICE, "stage_visit", "stage_visits")
        .doc("A stay of a deal in a stage, written when the deal leaves it; where a deal is now, the deal says.")
        .named_by("id")
        .part_of("deal")
        .read_only()
        .field(Field::reference("deal", "deal").required().indexed())
        .field(Field::reference("stage", "stage").required().indexed().doc("The stage that it left."))
        .field(Field::reference("next_stage", "stage").doc("The stage that it went to."))
        .field(Field::new("entered_at", FieldType::datetime()))
        .field(Field::new("left_at", FieldType::datetime()).indexed())
        .field(Field::new("seconds", FieldType::integer()).doc("How long it stayed."))
        .field(Field::reference("moved_by", "user").doc("Who moved it on."))
        .field(Field::new("reason", FieldType::text(255)).doc("Why it was moved on."))
}
