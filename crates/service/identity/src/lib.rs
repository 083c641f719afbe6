//! Who may do what, where: workspaces and their spaces, users and teams, roles, credentials, the audit's chain.
//!
//! Users, teams and service accounts are records; users and service accounts are changed by administrators only. The
//! rest holds rights or guards secrets and is unrouted; no field here holds a secret in plain text.

pub mod accounts;
pub mod audit;
pub mod callers;
pub mod keys;
pub mod origins;
pub mod providers;
pub mod quotas;
pub mod roles;
pub mod scopes;
pub mod settings;
pub mod spaces;
pub mod token;
pub mod vault;
pub mod webauthn;

mod audit_entry;
mod credential;
mod quota;
mod role;
mod secret;
mod session;
mod team;
mod user;
mod workspace;

use kontor_model::Object;

/// The service's name in declarations.
pub const SERVICE: &str = "identity";

/// What this service keeps.
pub fn objects() -> Vec<Object> {
    vec![
        user::object(),
        team::object(),
        team::member(),
        workspace::workspace(),
        workspace::space(),
        role::role(),
        role::permission(),
        credential::service_account(),
        credential::api_key(),
        credential::oauth_client(),
        credential::identity_provider(),
        session::object(),
        audit_entry::object(),
        secret::object(),
        quota::object(),
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
