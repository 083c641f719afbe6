//! How strict a workspace is about duplicates.

use kontor_model::{Field, FieldType, Object};

/// Half to whole: less would refuse what is not even likely.
const LEAST: i64 = 5_000;
const WHOLE: i64 = 10_000;

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "duplicate_rule", "duplicate_rules")
        .doc("How likely a new record has to be a duplicate to be refused. Of several for an object the newest counts.")
        .named_by("target_object")
        .guarded()
        .field(
            Field::new("target_object", FieldType::enumeration(kontor_records::likeness::COMPARED)).required().indexed(),
        )
        .field(
            Field::new("threshold_refuse", FieldType::decimal_between(4, LEAST, WHOLE))
                .default(9_700_i64)
                .doc("The least score, 0.5 to 1, that refuses a new record; an e-mail, phone, domain or tax number has to agree and names must not differ, too."),
        )
        .field(
            Field::new("threshold_show", FieldType::decimal_between(4, 0, WHOLE))
                .default(5_000_i64)
                .doc("The least score that `duplicates` shows."),
        )
        .field(Field::new("active", FieldType::boolean()).default(true).doc("Whether new records are refused at all."))
}
