//! Telling users what concerns them, by the channels and at the hours that they chose.
//!
//! A notification belongs to who it is for; nobody else sees it but who manages the space. Who is told of what is a
//! consumer of the event log ([`told`]); workflows and callers make notifications, too. By which channels one goes out is
//! a rule about new ones ([`rules`]), so that it holds whoever makes it.

#![expect(
    clippy::indexing_slicing,
    reason = "data of events are JSON objects, which answer null for what they have not"
)]
#![expect(clippy::type_complexity, reason = "a step is a function of what was found and when")]

mod acts;
pub mod alerts;
mod channel_preference;
mod courier;
mod hours;
mod notification;
mod rules;
mod told;
mod wishes;

use std::sync::Arc;

use kontor_egress::Egress;
use kontor_events::Consumer;
use kontor_model::Object;
use kontor_records::{Act, Hook, Mends, Sweep};

/// The service's name in declarations.
pub const SERVICE: &str = "notifications";

pub(crate) const NOTIFICATION: &str = "notification";
pub(crate) const ALERT: &str = "system_alert";
pub(crate) const PREFERENCE: &str = "channel_preference";

/// How a notification reaches a user.
const CHANNELS: &[&str] = &["in_app", "email", "chat"];

/// What this service keeps.
pub fn objects() -> Vec<Object> {
    vec![notification::object(), channel_preference::object(), alerts::object()]
}

/// Its rules about changes.
pub fn hooks() -> Vec<Arc<dyn Hook>> {
    vec![Arc::new(rules::OwnOnly), Arc::new(rules::SoundPreferences), Arc::new(rules::Channels)]
}

/// Its actions.
pub fn acts() -> Vec<Arc<dyn Act>> {
    acts::all()
}

/// What it does when something happens.
pub fn consumers() -> Vec<Arc<dyn Consumer>> {
    vec![Arc::new(told::Told)]
}

/// What it does when time has come.
pub fn sweeps(egress: &Arc<Egress>) -> Vec<Arc<dyn Sweep>> {
    vec![Arc::new(courier::Courier { egress: egress.clone(), mends: Mends::default() })]
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
