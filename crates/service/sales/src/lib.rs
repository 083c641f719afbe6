//! Selling: pipelines and their stages, deals, products and their prices, quotes.
//!
//! A `deal` moves through the stages of one `pipeline`; a stage's `kind` says whether it is open, won or lost, and a
//! `stage_visit` tells how long the deal was in it. Lines of deals and quotes take products, prices and currencies from
//! price books and exchange rates; totals are derived and never sent. A `quote` that is accepted becomes an order of
//! invoicing, which is known here by its name only. A `territory` has the companies, leads and deals that it covers.

mod deals;
mod documents;
mod line;
mod pipeline;
mod price_book;
mod product;
mod quota;
mod quotes;
mod territories;

use std::sync::Arc;

use kontor_model::Object;
use kontor_records::{Act, Guest, Hook, Look, Sweep};

/// The service's name in declarations.
pub const SERVICE: &str = "sales";

/// What this service keeps.
pub fn objects() -> Vec<Object> {
    vec![
        pipeline::pipeline(),
        pipeline::stage(),
        deals::deal(),
        deals::deal_line(),
        deals::stage_visit(),
        product::object(),
        price_book::price_book(),
        price_book::price_book_entry(),
        quotes::quote(),
        quotes::quote_line(),
        quota::sales_quota(),
        territories::territory(),
    ]
}

/// Its rules about changes.
pub fn hooks() -> Vec<Arc<dyn Hook>> {
    vec![
        Arc::new(deals::Deals),
        Arc::new(quotes::Quotes),
        Arc::new(pipeline::Stages),
        Arc::new(price_book::Dates),
        Arc::new(quota::Periods),
        Arc::new(territories::Definitions),
        Arc::new(territories::Assignment),
    ]
}

/// Its actions.
pub fn acts() -> Vec<Arc<dyn Act>> {
    vec![
        Arc::new(deals::Move),
        Arc::new(deals::Win),
        Arc::new(deals::Lose),
        Arc::new(deals::Reopen),
        Arc::new(quotes::Send),
        Arc::new(quotes::Accept),
        Arc::new(quotes::Reject),
        Arc::new(quotes::Revise),
        Arc::new(territories::Assign),
    ]
}

/// What it shows of records besides their fields.
pub fn looks() -> Vec<Arc<dyn Look>> {
    vec![Arc::new(quotes::Pdf)]
}

/// Its pages for who has a link.
pub fn guests() -> Vec<Arc<dyn Guest>> {
    vec![Arc::new(quotes::Page)]
}

/// What it does when time has come.
pub fn sweeps() -> Vec<Arc<dyn Sweep>> {
    vec![Arc::new(quotes::Expiry), Arc::new(territories::Reassignment)]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use kontor_model::{Object, name};

    #[test]
    fn declarations_are_sound() {
        for object in super::objects() {
            assert!(name::is_valid(&object.name) && name::is_valid(&object.plural), "{}", object.name);
            assert!(!object.doc.is_empty(), "{} has no sentence", object.name);
            let mut names = HashSet::new();
            for field in Object::common_fields(object.owned).iter().chain(&object.fields) {
                assert!(name::is_valid(&field.name), "{}.{}", object.name, field.name);
                assert!(names.insert(field.name.clone()), "{}.{} twice", object.name, field.name);
                assert!(field.companion().is_none_or(|c| names.insert(c)), "{}.{} twice", object.name, field.name);
            }
            assert!(names.contains(&object.name_field), "{} is named by {}", object.name, object.name_field);
            assert!(!names.contains("currency"), "{} declares currency", object.name);
        }
    }
}
