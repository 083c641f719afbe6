//! Helping: tickets, what is said about them, queues, and how soon an answer is owed.
//!
//! A ticket goes from open to solved and closed, and waits (pending) for the asker in between. A policy promises when
//! it is answered and solved; clocks count business hours only, stand still while a ticket waits, warn, and note when
//! a promise is broken. All of that is a rule about changes of tickets, so that it holds whoever changes them.

mod acts;
mod canned;
mod clock;
mod mail;
mod queue;
mod sla;
mod ticket;

use std::sync::Arc;

use kontor_mailbox::Receive;
use kontor_model::Object;
use kontor_records::{Act, Guest, Hear, Hook, Look, Sweep};

/// The service's name in declarations.
pub const SERVICE: &str = "support";

/// How urgent a ticket is, least first.
const PRIORITIES: &[&str] = &["low", "normal", "high", "urgent"];

/// What this service keeps.
pub fn objects() -> Vec<Object> {
    vec![
        ticket::ticket(),
        ticket::ticket_comment(),
        mail::files::object(),
        queue::object(),
        sla::sla_policy(),
        sla::business_hours(),
        canned::object(),
    ]
}

/// Its rules about changes.
pub fn hooks() -> Vec<Arc<dyn Hook>> {
    vec![
        Arc::new(ticket::Numbers),
        Arc::new(ticket::Course),
        Arc::new(ticket::Comments),
        Arc::new(sla::SoundHours),
        Arc::new(canned::KnownPlaceholders),
        Arc::new(mail::files::PARTING),
    ]
}

/// Its actions.
pub fn acts() -> Vec<Arc<dyn Act>> {
    acts::all()
}

/// What it shows of records besides their fields.
pub fn looks() -> Vec<Arc<dyn Look>> {
    vec![Arc::new(mail::files::CONTENT)]
}

/// Its pages for who has a link.
pub fn guests() -> Vec<Arc<dyn Guest>> {
    vec![Arc::new(mail::Page)]
}

/// Who is told what became of its letters.
pub fn hears() -> Vec<Arc<dyn Hear>> {
    vec![Arc::new(mail::Fates)]
}

/// What takes its mail.
pub fn receives() -> Vec<Arc<dyn Receive>> {
    vec![Arc::new(mail::Incoming)]
}

/// What it does when time has come.
pub fn sweeps() -> Vec<Arc<dyn Sweep>> {
    vec![Arc::new(sla::Strikes)]
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
