//! Knowing how the business does: reports, dashboards, what the pipeline was like on each day, and the views that people
//! keep of lists.
//!
//! A `report` is a question that is kept: an aggregate of one's own, or one of the ready-made kinds. Its result is made
//! when it is read, of the records that the reader may read. Of a live report what the result is made of is kept ([`live`]).

mod chart;
mod dashboard;
mod definition;
mod forecast_snapshot;
mod kind;
mod live;
mod looks;
mod report;
mod rules;
mod saved_views;
mod snapshot;
mod snapshots;
mod table;

use std::sync::Arc;

use kontor_events::Consumer;
use kontor_model::Object;
use kontor_records::{Act, Hook, Look, Sweep};

/// The service's name in declarations.
pub const SERVICE: &str = "reporting";

/// What this service keeps.
pub fn objects() -> Vec<Object> {
    vec![
        report::object(),
        dashboard::object(),
        snapshot::object(),
        forecast_snapshot::object(),
        saved_views::saved_view(),
        saved_views::default_view(),
    ]
}

/// Its rules about changes.
pub fn hooks() -> Vec<Arc<dyn Hook>> {
    vec![
        Arc::new(rules::Definitions),
        Arc::new(rules::Dashboards),
        Arc::new(saved_views::Views),
        Arc::new(saved_views::Choices),
    ]
}

/// What can be done to them.
pub fn acts() -> Vec<Arc<dyn Act>> {
    vec![Arc::new(live::Rebuild), Arc::new(saved_views::SetDefault)]
}

/// What it does when something happens.
pub fn consumers() -> Vec<Arc<dyn Consumer>> {
    vec![Arc::new(live::Counting::default())]
}

/// What it shows of records besides their fields.
pub fn looks() -> Vec<Arc<dyn Look>> {
    vec![Arc::new(looks::ResultOf), Arc::new(looks::DataOf)]
}

/// What it does when time has come.
pub fn sweeps() -> Vec<Arc<dyn Sweep>> {
    vec![Arc::new(snapshots::Snapshots), Arc::new(snapshots::ForecastSnapshots), Arc::new(live::Building)]
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
