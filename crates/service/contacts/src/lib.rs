//! Who the business knows: companies, the people in them, the customers that order, and what each person agreed to.
//!
//! A `contact` is a person, a `company` an organisation; both are kept from first notice on. A `customer` is the party of
//! a contract: it orders and is invoiced, and may stand for a company, a person or neither. A `consent` says what a
//! person may be sent, and by what right.

mod company;
mod consent;
mod contact;
mod customer;
mod duplicate_rule;
mod lifecycle;
mod merge;
mod rules;
mod withdraw;

use std::sync::Arc;

use kontor_model::Object;
use kontor_records::{Act, Hear, Hook, Sweep};

/// The service's name in declarations.
pub const SERVICE: &str = "contacts";

/// What this service keeps.
pub fn objects() -> Vec<Object> {
    vec![
        company::object(),
        contact::object(),
        customer::object(),
        consent::object(),
        duplicate_rule::object(),
        merge::object(),
    ]
}

/// Its rules about changes.
pub fn hooks() -> Vec<Arc<dyn Hook>> {
    rules::all()
}

/// Its actions.
pub fn acts() -> Vec<Arc<dyn Act>> {
    vec![Arc::new(withdraw::Withdraw)]
}

/// Who is told what became of letters.
pub fn hears() -> Vec<Arc<dyn Hear>> {
    vec![Arc::new(kontor_records::bounces::Mark("contact"))]
}

/// What it does when time has come.
pub fn sweeps() -> Vec<Arc<dyn Sweep>> {
    Vec::new()
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
