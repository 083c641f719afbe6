//! How far a company or a person has come on the way to being a customer.

use kontor_model::{Field, FieldType};

/// In the order of the way; the last has no place on it.
const STAGES: &[&str] = &["subscriber", "lead", "qualified", "opportunity", "customer", "evangelist", "other"];

pub(crate) fn stage() -> Field {
    Field::new("lifecycle_stage", FieldType::enumeration(STAGES.iter().copied()))
        .doc("How far it has come; services move it forward only.")
}

/// Whether a stage lies behind another on the way, or leaves it.
pub(crate) fn is_back(was: &str, is: Option<&str>) -> bool {
    let place = |stage: &str| STAGES.iter().position(|one| *one == stage && *one != "other");
    place(was).is_some_and(|was| is.and_then(place).is_none_or(|is| is < was))
}

#[cfg(test)]
mod tests {
    use super::is_back;

    #[test]
    fn the_way_has_a_direction() {
        assert!(is_back("customer", Some("lead")) && is_back("lead", None) && is_back("qualified", Some("other")));
        assert!(!is_back("lead", Some("customer")) && !is_back("lead", Some("lead")));
        assert!(!is_back("other", Some("lead")) && !is_back("other", None));
    }
}
