//! Templates.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "template", "templates")
        .doc("A text to send, with places for the receiver's own data.")
        .owned()
        .field(Field::new("name", FieldType::text_between(1, 255)).required().searched())
        .field(Field::new("channel", FieldType::enumeration(["email", "sms", "chat"])).default("email"))
        .field(Field::new("language", FieldType::text(35)).technical().doc("BCP 47, such as de-AT."))
        .field(Field::new("subject", FieldType::text(255)))
        .field(Field::new("body_text", FieldType::long_text()))
        .field(Field::new("body_html", FieldType::long_text()))
        .field(Field::new("active", FieldType::boolean()).default(true))
}
