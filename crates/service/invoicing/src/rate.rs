//! Tax rates and exchange rates.

use kontor_documents::document::CATEGORIES;
use kontor_model::{Field, FieldType, Object};

pub(crate) fn tax_rate() -> Object {
    Object::new(crate::SERVICE, "tax_rate", "tax_rates")
        .doc("A rate of tax, for a place, a class of products and a time.")
        .field(Field::new("name", FieldType::text_between(1, 120)).technical().required())
        .field(
            Field::new("rate", FieldType::decimal_between(4, 0, 10_000))
                .doc("A part of the price: 0.19 is 19 per cent."),
        )
        .field(Field::new("tax_class", FieldType::enumeration(["standard", "reduced", "zero", "exempt"])))
        .field(Field::new("category", FieldType::enumeration(CATEGORIES.iter().copied())).doc(
            "What it is in electronic invoices (UNCL 5305); left out, standard, and without a rate zero or exempt.",
        ))
        .field(
            Field::new("exemption_reason", FieldType::text(500))
                .technical()
                .doc("Why nothing is charged, as the law asks to print it."),
        )
        .field(Field::new("country", FieldType::country()))
        .field(Field::new("region", FieldType::text(120)))
        .field(Field::new("valid_from", FieldType::date()))
        .field(Field::new("valid_until", FieldType::date()).doc("The last day."))
        .field(Field::new("active", FieldType::boolean()).default(true))
}

pub(crate) fn exchange_rate() -> Object {
    Object::new(crate::SERVICE, "exchange_rate", "exchange_rates")
        .doc("What one unit of a currency is worth in another, on a day.")
        .named_by("id")
        .field(Field::new("base_currency", FieldType::currency()).required().indexed())
        .field(Field::new("quote_currency", FieldType::currency()).required())
        .field(
            Field::new("rate", FieldType::decimal_between(8, 1, i64::MAX))
                .required()
                .doc("Units of quote_currency for one of base_currency."),
        )
        .field(Field::new("valid_on", FieldType::date()).required())
        .field(Field::new("source", FieldType::text(120)).technical().doc("Who published it."))
}
