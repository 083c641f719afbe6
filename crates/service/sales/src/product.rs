//! Products.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "product", "products")
        .doc("A good or service that is sold.")
        .field(
            Field::new("sku", FieldType::text_between(1, 64))
                .technical()
                .unique()
                .doc("The business's own number for it (stock keeping unit)."),
        )
        .field(Field::new("name", FieldType::text_between(1, 255)).technical().required().searched())
        .field(Field::new("description", FieldType::long_text()))
        .field(Field::new("price", FieldType::price()).doc("For one unit, where no price book says otherwise."))
        .field(
            Field::new("tax_class", FieldType::enumeration(["standard", "reduced", "zero", "exempt"]))
                .default("standard"),
        )
        .field(Field::new("active", FieldType::boolean()).default(true).doc("Whether it is still sold."))
        .field(Field::new("series", FieldType::text(100)).technical().doc("The range or category that it belongs to."))
        .field(
            Field::new("unit", FieldType::text(100))
                .technical()
                .doc("What is counted: a piece, an hour, a box of 24 bottles."),
        )
}
