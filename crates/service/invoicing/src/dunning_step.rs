//! Steps of dunning: what is said to who has not paid, and when.

use kontor_model::{Field, FieldType, Object};

const PLACES: &str = "A template: {{ invoice.number }}, issue_date, due_date, total, amount_due; {{ customer.name }}, \
                      {{ seller.name }}, {{ days_overdue }}, {{ level }}.";

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "dunning_step", "dunning_steps")
        .doc("What is said to a customer who is late, and when. Taken by itself; told as the event dunned.")
        .field(Field::new("name", FieldType::text_between(1, 120)).technical().required())
        .field(
            Field::new("level", FieldType::integer_between(1, 99))
                .required()
                .doc("Steps are taken in this order, each once for an invoice."),
        )
        .field(
            Field::new("days_after_due", FieldType::integer_between(1, 3_650))
                .required()
                .doc("The number of days behind due_date on which it is taken."),
        )
        .field(Field::new("subject", FieldType::text(200)).technical().doc(PLACES))
        .field(Field::new("body", FieldType::long_text()).technical().doc(PLACES))
        .field(
            Field::new("send_mail", FieldType::boolean())
                .default(false)
                .doc("Whether subject and body are mailed to the customer, with the invoice as PDF."),
        )
        .field(Field::new("active", FieldType::boolean()).default(true))
}
