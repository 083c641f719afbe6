//! What holds whoever changes a record.

mod documents;
mod dunning;
mod entities;
mod kind;
mod line;
mod lookups;
mod numbers;
mod parties;
mod payments;
mod settlement;
mod states;

use std::sync::Arc;

use kontor_records::{Hook, Touched};

use self::documents::Documents;

/// All rules of this service.
pub(crate) fn all() -> Vec<Arc<dyn Hook>> {
    vec![
        Arc::new(states::Orders),
        Arc::new(states::Invoices),
        Arc::new(Documents(kind::ORDER)),
        Arc::new(Documents(kind::INVOICE)),
        Arc::new(numbers::Numbers),
        Arc::new(payments::Payments),
        Arc::new(settlement::Settlement),
        Arc::new(parties::Parties),
        Arc::new(entities::Entities),
        Arc::new(dunning::Texts),
    ]
}

/// What a set does to each of these records, as its last change leaves them, in order.
fn last<'t, 'a>(touched: impl Iterator<Item = &'t Touched<'a>>) -> Vec<&'t Touched<'a>>
where
    'a: 't,
{
    let mut out: Vec<&Touched<'a>> = Vec::new();
    for record in touched {
        out.retain(|other| other.id != record.id);
        out.push(record);
    }
    out
}

/// Made now, not brought back from the bin.
fn is_made(touched: &Touched<'_>) -> bool {
    touched.is_new() && touched.field("version").1.as_i64() == Some(1)
}
