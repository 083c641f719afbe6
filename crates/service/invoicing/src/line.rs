//! What the lines of all documents share.

use kontor_model::object::Derived;
use kontor_model::{Field, FieldType, Object};

use crate::totals::ONE;

const PRICE: &str = "For one unit, without tax; left out, the product's price.";
const TAX: &str = "Left out, the active rate of the product's tax class; without one the line is not taxed.";

/// A line of the document `parent`.
pub(crate) fn line(name: &str, plural: &str, parent: &str, price: FieldType) -> Object {
    // Above zero: what goes back is a credit note.
    let quantity = FieldType::decimal_between(4, 1, i64::MAX);
    Object::new(crate::SERVICE, name, plural)
        .kept_by_law()
        .named_by("description")
        .part_of(parent)
        .field(Field::reference(parent, parent).required().indexed())
        .field(Field::new("position", FieldType::integer_between(0, 100_000)).doc("Its place among the lines."))
        .field(Field::reference("product", "product").indexed())
        .field(
            Field::new("sku", FieldType::text(64))
                .technical()
                .doc("The product's number when the line was written; sent alone, it names the product."),
        )
        .field(Field::new("description", FieldType::text(500)).doc("Left out, the product's name."))
        .field(Field::new("quantity", quantity).default(ONE))
        .field(
            Field::new("unit", FieldType::text(100))
                .technical()
                .doc("What is counted, such as piece, hour or kilogram; left out, the product's."),
        )
        .field(Field::new("unit_price", price).doc(PRICE))
        .field(
            Field::new("discount", FieldType::decimal_between(4, 0, ONE))
                .default(0)
                .doc("The part taken off: 0.15 is 15 per cent."),
        )
        .field(Field::reference("tax_rate", "tax_rate").doc(TAX))
        .field(
            Field::new("total", FieldType::money())
                .read_only()
                .doc("unit_price × quantity × (1 − discount), without tax, half-even to four digits."),
        )
        .field(
            Field::new("net", FieldType::money())
                .read_only()
                .doc("The same, half-even to the minor unit of the currency: what the document's subtotal adds up."),
        )
        .derive(Derived::LineTotal {
            target: "total".to_owned(),
            price: "unit_price".to_owned(),
            quantity: "quantity".to_owned(),
            discount: "discount".to_owned(),
        })
}

/// What every document comes to.
pub(crate) fn totals() -> Vec<Field> {
    let money = |name: &str| Field::new(name, FieldType::money()).read_only();
    vec![
        Field::new("tax_lines", FieldType::json())
            .read_only()
            .doc("Tax by rate: [{\"rate\", \"tax_rate_id\", \"base\", \"tax\"}]."),
        money("subtotal").doc("Sum of the lines' nets, without tax."),
        money("tax_total").doc("Tax on the sum of each rate's nets, half-even to the minor unit."),
        money("total").doc("subtotal and tax_total."),
    ]
}

/// What the sender holds a document to come to.
pub(crate) fn expected() -> Vec<Field> {
    vec![
        Field::new("expected_total", FieldType::money()).doc(
            "What the sender makes the total. One that differs from the derived one by more than 0.01 is refused; in an \
             import with history the derived one stands and the difference is noted.",
        ),
        Field::new("total_difference", FieldType::money())
            .read_only()
            .doc("expected_total less total, where an import brought another one."),
        Field::new("needs_review", FieldType::boolean())
            .read_only()
            .doc("Whether that difference is more than 5 per cent."),
    ]
}
