//! Price books and their entries.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Fault, Field, FieldType, Object, Result};
use kontor_records::{Hook, Sight, Touched, Verdict};

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

/// A price book does not end before it begins.
pub(crate) struct Dates;

impl Hook for Dates {
    fn objects(&self) -> &'static [&'static str] {
        &["price_book"]
    }

    fn meet<'a>(&'a self, _sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let days = |t: &Touched<'_>| t.field("valid_from").1.as_i64().zip(t.field("valid_until").1.as_i64());
            let back = |t: &&Touched<'_>| !t.is_gone() && days(t).is_some_and(|(first, last)| last < first);
            let fault = || Fault::new("valid_until", "range", "must not be before valid_from").into();
            Ok(touched.iter().filter(back).map(|t| Verdict::Refuse { step: t.step, error: fault() }).collect())
        }
        .boxed()
    }
}
