//! How soon an answer is owed, and the hours that count.

pub(crate) mod agreements;
mod guard;
mod sweep;
pub(crate) mod terms;

use kontor_model::{Field, FieldType, Object};

pub(crate) use guard::SoundHours;
pub(crate) use sweep::Strikes;

/// The longest time that a policy gives: a year.
const MINUTES: i64 = 525_600;

pub(crate) fn sla_policy() -> Object {
    Object::new(crate::SERVICE, "sla_policy", "sla_policies")
        .doc("How soon tickets of a priority are answered and solved (service level agreement).")
        .field(Field::new("name", FieldType::text_between(1, 120)).technical().required().unique())
        .field(Field::new("description", FieldType::long_text()))
        .field(
            Field::new("priority", FieldType::enumeration(crate::PRIORITIES.iter().copied()))
                .doc("The priority whose tickets it is for, where neither they nor their queue name a policy."),
        )
        .field(Field::new("first_response_minutes", FieldType::integer_between(1, MINUTES)))
        .field(Field::new("next_response_minutes", FieldType::integer_between(1, MINUTES)))
        .field(Field::new("resolution_minutes", FieldType::integer_between(1, MINUTES)))
        .field(
            Field::reference("business_hours", "business_hours").doc("The hours that count; all when there are none."),
        )
        .field(
            Field::reference("escalate_to", "user")
                .doc("Who gets a ticket whose promise was broken; its priority is raised as well."),
        )
        .field(Field::new("active", FieldType::boolean()).default(true))
}

pub(crate) fn business_hours() -> Object {
    Object::new(crate::SERVICE, "business_hours", "business_hours")
        .doc("The hours of a week in which clocks run, and the days on which they do not.")
        .field(Field::new("name", FieldType::text_between(1, 120)).technical().required().unique())
        .field(
            Field::new("time_zone", FieldType::text(64))
                .technical()
                .doc("IANA name, such as Europe/Berlin; the workspace's when there is none."),
        )
        .field(
            Field::new("hours", FieldType::json())
                .technical()
                .required()
                .doc("By weekday: {\"monday\": [[\"09:00\", \"17:30\"]], …}."),
        )
        .field(Field::new("holidays", FieldType::json()).technical().doc("Days without hours: [\"2026-12-25\", …]."))
}
