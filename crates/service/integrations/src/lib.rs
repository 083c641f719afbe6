//! Other systems: how to reach them, what maps to what, what was exchanged, and what went wrong.
//!
//! Unrouted until the engine that runs them opens them. A credential is never a field here: a connection names a
//! `secret` of the identity service.

mod alert;
mod connection;
mod connector;
mod dead_letter;
mod function;
mod mapping;
mod record_link;
mod sync;

use kontor_model::Object;

/// The service's name in declarations.
pub const SERVICE: &str = "integrations";

/// Which way records go, as seen from here.
const DIRECTIONS: &[&str] = &["inbound", "outbound", "both"];

/// What this service keeps.
pub fn objects() -> Vec<Object> {
    vec![
        connector::object(),
        connection::object(),
        mapping::object(),
        sync::sync(),
        sync::sync_run(),
        record_link::object(),
        dead_letter::object(),
        function::object(),
        alert::alert_rule(),
        alert::alert(),
    ]
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
