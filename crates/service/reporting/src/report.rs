//! Reports.

use kontor_model::{Action, Field, FieldType, Object, View, view};

use crate::kind::KINDS;

/// The types that a result is answered as; the first where none is asked for.
pub(crate) const MEDIA: &[&str] =
    &[view::JSON, "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "image/svg+xml"];
pub(crate) const CHARTS: &[&str] = &["table", "number", "bar", "line", "pie", "funnel"];

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "report", "reports")
        .doc("A saved question about many records at once.")
        .owned()
        .field(Field::new("name", FieldType::text_between(1, 255)).required().searched())
        .field(Field::new("description", FieldType::long_text()))
        .field(
            Field::new("kind", FieldType::enumeration(KINDS.iter().copied()))
                .default("aggregate")
                .doc("What is measured: an aggregate of one's own, or one of the ready-made ones."),
        )
        .field(
            Field::new("target_object", FieldType::text(40))
                .technical()
                .doc("The object whose records an aggregate measures, or whose events a cohort has; other kinds know theirs."),
        )
        .field(
            Field::new("definition", FieldType::json())
                .technical()
                .doc("The question, as in the body of an aggregate; of a ready-made kind {\"from\", \"to\", \"group_by\", \"bucket\", \"pipeline_id\"} and what the kind has besides."),
        )
        .field(Field::new("chart", FieldType::enumeration(CHARTS.iter().copied())).default("table"))
        .field(
            Field::new("live", FieldType::boolean())
                .default(false)
                .indexed()
                .doc("Whether its groups are kept and follow events instead of being computed when it is read: an aggregate of count, sum and avg over fields of the record itself, or a funnel without from and to."),
        )
        .field(
            Field::new("rebuild_requested_at", FieldType::datetime())
                .read_only()
                .doc("When its counters were last asked to be counted anew."),
        )
        .action(
            Action::new("rebuild", "Counts a live report anew from the records; until that is done its result is computed.")
                .refuses(&[("report_live", "it is not live")]),
        )
        .view(
            View::new("result", "What the report gives now, of the records that the caller may read.")
                .of(MEDIA)
                .takes(Field::new("time_zone", FieldType::text(64)).doc("Of buckets of times; the caller's own, else the workspace's, where none is named."))
                .takes(Field::new("from", FieldType::date()).doc("The first day, in place of the definition's."))
                .takes(Field::new("to", FieldType::date()).doc("The last day, in place of the definition's.")),
        )
}
