//! What is done with and about the people the business knows: tasks, calls, meetings, notes and e-mails.
//!
//! All five have the same fields, so that a timeline shows them side by side; each is about one record of any object.
//! What is planned reminds as well.

mod activity;
mod acts;
mod calendar;
mod mail;
mod reminders;
mod rules;

use std::sync::Arc;

use kontor_mailbox::Receive;
use kontor_model::Object;
use kontor_records::{Act, Guest, Hear, Hook, Look, Sweep};

/// The service's name in declarations.
pub const SERVICE: &str = "activities";

/// What this service keeps.
pub fn objects() -> Vec<Object> {
    let mut objects = activity::objects();
    objects.extend([mail::files::object(), calendar::object()]);
    objects
}

/// Its rules about changes.
pub fn hooks() -> Vec<Arc<dyn Hook>> {
    vec![Arc::new(rules::Times), Arc::new(calendar::Marks), Arc::new(mail::files::PARTING)]
}

/// Its actions.
pub fn acts() -> Vec<Arc<dyn Act>> {
    let mut acts = acts::all();
    acts.extend([Arc::new(mail::Send) as Arc<dyn Act>, Arc::new(calendar::Renew)]);
    acts
}

/// What it shows of records besides their fields.
pub fn looks() -> Vec<Arc<dyn Look>> {
    let mut looks: Vec<Arc<dyn Look>> = vec![Arc::new(calendar::Link), Arc::new(mail::files::CONTENT)];
    looks.extend(activity::REMINDING.iter().map(|kind| Arc::new(calendar::One(kind)) as Arc<dyn Look>));
    looks
}

/// Its pages for who has a link.
pub fn guests() -> Vec<Arc<dyn Guest>> {
    vec![Arc::new(calendar::Page)]
}

/// Who is told what became of its letters.
pub fn hears() -> Vec<Arc<dyn Hear>> {
    vec![Arc::new(mail::Fates)]
}

/// What takes its mail.
pub fn receives() -> Vec<Arc<dyn Receive>> {
    vec![Arc::new(mail::Filing)]
}

/// What it does when time has come.
pub fn sweeps() -> Vec<Arc<dyn Sweep>> {
    vec![Arc::new(reminders::Reminders)]
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
