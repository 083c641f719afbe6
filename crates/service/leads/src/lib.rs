//! Interest that has not been checked yet: leads, on their way to a company, a contact and a deal.
//!
//! A new `lead` is given to somebody by the first `assignment_rule` that fits, and scored by all `score_rule`s that do.
//! It is worked on, qualified or not, and converted once.

mod acts;
mod assignment;
mod convert;
mod lead;
mod rule;
mod scoring;
mod status;

use std::sync::Arc;

use kontor_model::Object;
use kontor_records::{Act, Hear, Hook, Sweep};

/// The service's name in declarations.
pub const SERVICE: &str = "leads";

/// What this service keeps.
pub fn objects() -> Vec<Object> {
    vec![lead::object(), assignment::object(), scoring::object()]
}

/// Its rules about changes.
pub fn hooks() -> Vec<Arc<dyn Hook>> {
    vec![
        Arc::new(rule::Leads),
        Arc::new(assignment::Definitions),
        Arc::new(scoring::Definitions),
        Arc::new(kontor_records::bounces::Unmark(&["lead"])),
    ]
}

/// Its actions.
pub fn acts() -> Vec<Arc<dyn Act>> {
    vec![
        Arc::new(acts::Qualify),
        Arc::new(acts::Disqualify),
        Arc::new(acts::Assign),
        Arc::new(acts::Score),
        Arc::new(convert::Convert),
    ]
}

/// Who is told what became of letters.
pub fn hears() -> Vec<Arc<dyn Hear>> {
    vec![Arc::new(kontor_records::bounces::Mark("lead"))]
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
