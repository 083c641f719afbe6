//! How far a company or a person has come on the way to being a customer.

use kontor_model::{Field, FieldType};

const STAGES: &[&str] = &["subscriber", "lead", "qualified", "opportunity", "customer", "evangelist", "other"];

pub(crate) fn stage() -> Field {
    Field::new("lifecycle_stage", FieldType::enumeration(STAGES.iter().copied()))
}
