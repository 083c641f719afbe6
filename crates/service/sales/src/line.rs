//! What the lines of all documents share.

use kontor_model::object::Derived;
use kontor_model::{Field, FieldType, Object};

/// One, in units of a decimal of four digits.
const ONE: i64 = 10_000;

/// A line of the document `parent`.
pub(crate) fn line(name: &str, plural: &str, parent: &str) -> Object {
    Object::new(crate::SERVICE, name, plural)
        .named_by("description")
        .part_of(parent)
        .field(Field::reference(parent, parent).required().indexed())
        .field(Field::new("position", FieldType::integer_between(0, 100_000)).doc("Its place among the lines."))
        .field(Field::reference("product", "product").indexed())
        .field(
            Field::new("sku", FieldType::text(64)).technical().doc("The product's number when the line was written."),
        )
        .field(Field::new("description", FieldType::text(500)))
        .field(Field::new("quantity", FieldType::decimal_between(4, 1, i64::MAX)).default(ONE))
        .field(
            Field::new("unit", FieldType::text(100))
                .technical()
                .doc("What is counted, such as piece, hour or kilogram; left out, the product's."),
        )
        .field(
            Field::new("unit_price", FieldType::price())
                .doc("The price book's or the product's where it is left out, in the document's currency."),
        )
        .field(
            Field::new("discount", FieldType::decimal_between(4, 0, ONE))
                .default(0)
                .doc("The part taken off: 0.15 is 15 per cent."),
        )
        .field(Field::reference("tax_rate", "tax_rate"))
        .field(
            Field::new("total", FieldType::money())
                .read_only()
                .doc("unit_price × quantity × (1 − discount), without tax, half-even to four digits."),
        )
        .derive(Derived::LineTotal {
            target: "total".to_owned(),
            price: "unit_price".to_owned(),
            quantity: "quantity".to_owned(),
            discount: "discount".to_owned(),
        })
}
