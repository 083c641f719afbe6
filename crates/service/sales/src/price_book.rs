//! Price books and their entries.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn price_book() -> Object {
    Object::new(crate::SERVICE, "price_book", "price_books")
        .doc("A list of prices for some customers, some market or some time.")
        .field(Field::new("name", FieldType::text_between(1, 120)).technical().required().unique())
        .field(Field::new("description", FieldType::long_text()))
        .field(Field::new("active", FieldType::boolean()).default(true))
        .field(Field::new("valid_from", FieldType::date()))
        .field(Field::new("valid_until", FieldType::date()).doc("The last day."))
}

pub(crate) fn price_book_entry() -> Object {
    Object::new(crate::SERVICE, "price_book_entry", "price_book_entries")
        .doc("A product's price in a price book, from some quantity on: several entries make tiers.")
        .named_by("id")
        .field(Field::reference("price_book", "price_book").required().indexed())
        .field(Field::reference("product", "product").required().indexed())
        .field(
            Field::new("min_quantity", FieldType::decimal_between(4, 0, i64::MAX))
                .default(10_000)
                .doc("The least quantity that the price is for."),
        )
        .field(Field::new("unit_price", FieldType::price()).required())
}
