//! Reaching many: segments, templates, campaigns and their members, sequences, forms, and how people leave.
//!
//! Before anything is sent, the person is asked about, as it were: the address, `do_not_email`, what was suppressed, the
//! consents (`permission.rs`). Every mail has a way out that takes one click (`unsubscribe.rs`).

mod answers;
mod campaign;
mod form;
mod letters;
mod permission;
mod person;
mod segment;
mod sequence;
mod suppression;
mod template;
mod unsubscribe;
mod values;

use std::sync::Arc;

use kontor_model::Object;
use kontor_records::{Act, Guest, Hear, Hook, Look, Sweep};

pub use crate::segment::preview as preview_segment;
pub use crate::template::preview as preview_template;
use crate::unsubscribe::Unsubscribe;

/// The service's name in declarations.
pub const SERVICE: &str = "marketing";

/// What this service keeps.
pub fn objects() -> Vec<Object> {
    vec![
        campaign::campaign(),
        campaign::campaign_member(),
        segment::segment(),
        segment::segment_member(),
        template::object(),
        sequence::sequence(),
        sequence::sequence_step(),
        sequence::enrolment(),
        form::object(),
        suppression::object(),
    ]
}

/// Its rules about changes.
pub fn hooks() -> Vec<Arc<dyn Hook>> {
    vec![
        Arc::new(template::Sound),
        Arc::new(segment::Definitions),
        Arc::new(campaign::Campaigns),
        Arc::new(campaign::Members),
        Arc::new(sequence::Steps),
        Arc::new(sequence::Enrolments),
        Arc::new(form::Definitions),
        Arc::new(answers::Replies),
        Arc::new(answers::Conversions),
    ]
}

/// Its actions.
pub fn acts() -> Vec<Arc<dyn Act>> {
    vec![
        Arc::new(template::TestSend),
        Arc::new(segment::Freeze),
        Arc::new(campaign::Launch),
        Arc::new(campaign::Pause),
        Arc::new(campaign::Resume),
        Arc::new(campaign::Complete),
        Arc::new(campaign::Cancel),
        Arc::new(campaign::Enrol),
        Arc::new(sequence::Enrol),
        Arc::new(sequence::Unenrol),
        Arc::new(sequence::Pause),
        Arc::new(sequence::Resume),
    ]
}

/// What it shows of records besides their fields.
pub fn looks() -> Vec<Arc<dyn Look>> {
    vec![
        Arc::new(template::Preview),
        Arc::new(segment::MembersOf),
        Arc::new(segment::CountOf),
        Arc::new(campaign::Results),
        Arc::new(sequence::Progress),
        Arc::new(form::Embed),
    ]
}

/// Its pages for who has a link.
pub fn guests() -> Vec<Arc<dyn Guest>> {
    vec![
        Arc::new(form::Forms::default()),
        Arc::new(Unsubscribe { page: campaign::PAGE, object: "campaign" }),
        Arc::new(Unsubscribe { page: sequence::PAGE, object: "sequence" }),
    ]
}

/// What it wants to hear of letters.
pub fn hears() -> Vec<Arc<dyn Hear>> {
    vec![Arc::new(campaign::Fates), Arc::new(sequence::Fates)]
}

/// What it does when time has come.
pub fn sweeps() -> Vec<Arc<dyn Sweep>> {
    vec![Arc::new(campaign::Sending), Arc::new(sequence::Going::default()), Arc::new(segment::Tracking)]
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
