//! From order to money: orders, invoices, payments, credit notes, dunning, tax and exchange rates, and the papers of
//! them: PDF, electronic invoices, statements of account.
//!
//! Totals are derived from the lines and never sent. Rounding is half-even, per line.

mod actions;
mod credit_note;
mod credits;
mod dunning_step;
mod invoice;
mod legal_entity;
mod line;
mod order;
mod overdue;
mod papers;
mod payment;
mod rate;
mod refusals;
mod rules;
mod terms;
mod totals;
mod words;

use std::sync::Arc;

use kontor_model::Object;
use kontor_records::{Act, Hook, Look, Sweep};

/// The service's name in declarations.
pub const SERVICE: &str = "invoicing";

/// What this service keeps.
pub fn objects() -> Vec<Object> {
    vec![
        order::order(),
        order::order_line(),
        invoice::invoice(),
        invoice::invoice_line(),
        payment::object(),
        credit_note::credit_note(),
        credit_note::credit_note_line(),
        dunning_step::object(),
        rate::tax_rate(),
        rate::exchange_rate(),
        legal_entity::object(),
    ]
}

/// Its rules about changes.
pub fn hooks() -> Vec<Arc<dyn Hook>> {
    rules::all()
}

/// Its actions.
pub fn acts() -> Vec<Arc<dyn Act>> {
    actions::all()
}

/// What it shows of records besides their fields.
pub fn looks() -> Vec<Arc<dyn Look>> {
    papers::all()
}

/// What it does when time has come.
pub fn sweeps() -> Vec<Arc<dyn Sweep>> {
    vec![Arc::new(overdue::Overdue), Arc::new(overdue::Dunning)]
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
