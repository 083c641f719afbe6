//! Forms.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "form", "forms")
        .doc("Questions on a web page whose answers become a lead.")
        .owned()
        .field(Field::new("name", FieldType::text_between(1, 255)).required().searched())
        .field(Field::new("inputs", FieldType::json()).doc("What is asked: [{\"field\", \"label\", \"required\"?}]."))
        .field(Field::reference("campaign", "campaign").doc("The campaign of the leads that come by it."))
        .field(Field::new("redirect_url", FieldType::url()).doc("Where the visitor goes afterwards."))
        .field(Field::new("active", FieldType::boolean()).default(false))
}
