//! Queues.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "queue", "queues")
        .doc("Where tickets of one sort wait for a team.")
        .field(Field::new("name", FieldType::text_between(1, 120)).required().unique())
        .field(Field::new("description", FieldType::long_text()))
        .field(Field::new("email", FieldType::email()).doc("Mail to this address becomes a ticket here."))
        .field(
            Field::new("mails_replies", FieldType::boolean())
                .default(true)
                .doc("Whether public answers are mailed to the asker."),
        )
        .field(
            Field::new("asks_satisfaction", FieldType::boolean())
                .default(false)
                .doc("Whether the asker of a ticket that is resolved is asked by mail how satisfied they are."),
        )
        .field(Field::reference("team", "team"))
        .field(Field::reference("sla_policy", "sla_policy").doc("The policy of tickets that have none of their own."))
        .field(
            Field::reference("last_assignee", "user").read_only().doc("Whose turn it was last, when tickets go round."),
        )
        .field(Field::new("active", FieldType::boolean()).default(true))
}
