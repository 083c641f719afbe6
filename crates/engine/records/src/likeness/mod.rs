//! Records that may mean the same: found by shared keys, weighed field by field ([`kontor_linkage`]), merged and taken
//! apart again.

mod check;
mod fill;
mod keys;
mod links;
mod look;
mod merge;
mod profile;
mod rule;
mod score;
mod unmerge;

use std::sync::Arc;

use kontor_model::{Action, Field, FieldType, View};

use crate::{Act, Look, Sweep};

pub(crate) use check::Draft;
pub(crate) use keys::key_writes;

/// How long a merge can be taken back, in days.
pub const UNDO_DAYS: i64 = 30;
/// The object that keeps what a merge did.
pub const MERGE: &str = "merge";
/// The object whose records tune the check of an object.
pub const DUPLICATE_RULE: &str = "duplicate_rule";
/// Objects whose records are compared.
pub const COMPARED: [&str; 4] = ["company", "contact", "customer", "lead"];

/// `GET …/{id}/duplicates`, to be declared by each of [`COMPARED`].
pub fn duplicates_view() -> View {
    View::new("duplicates", "Records that are likely the same, with a score and its reasons, best first.")
        .takes(
            Field::new("limit", FieldType::integer_between(1, look::MOST))
                .default(look::USUAL)
                .doc("The most records."),
        )
        .takes(
            Field::new("threshold", FieldType::decimal_between(4, 0, 10_000))
                .doc("The least score, 0 to 1; the rule's own where it is left out."),
        )
}

/// `POST …/{id}/merge` of an object.
pub fn merge_action(object: &str) -> Action {
    Action::new("merge", "Takes another record of the object in: its fields where this one is empty, and its links.")
        .refuses(&[
            ("merge_with_itself", "a record is not merged with itself"),
            ("merge_across_objects", "the other record is of another object"),
            ("too_many_links", "too many records refer to the other one"),
        ])
        .takes(Field::new("with_id", FieldType::any_reference()).required().doc("The record that is taken in."))
        .takes(
            Field::new("fields", FieldType::json())
                .doc("Whose value stays, field by field: {\"phone\": \"with\"} or \"own\"."),
        )
        .gives(&[(object, object), ("merge", MERGE)])
}

/// `POST …/{id}/unmerge` of an object.
pub fn unmerge_action(object: &str) -> Action {
    Action::new("unmerge", "Takes a merge back, within 30 days, where nothing was changed since.")
        .refuses(&[
            ("not_this_merge", "the merge is not one of this record"),
            ("already_undone", "the merge was taken back already"),
            ("too_late", "the merge is older than 30 days"),
            ("not_in_bin", "the record that was taken in is not in the bin any more"),
            ("purged", "the record that was taken in is gone for good"),
        ])
        .takes(Field::reference("merge", MERGE).required().doc("The merge that is taken back."))
        .gives(&[(object, object), ("restored", object)])
}

/// What shows duplicates of the objects.
pub fn looks() -> Vec<Arc<dyn Look>> {
    COMPARED.into_iter().map(|object| Arc::new(look::Duplicates(object)) as Arc<dyn Look>).collect()
}

/// What merges records of the objects, and takes merges back.
pub fn acts() -> Vec<Arc<dyn Act>> {
    let of = |object| [Arc::new(merge::Merge(object)) as Arc<dyn Act>, Arc::new(unmerge::Unmerge(object))];
    COMPARED.into_iter().flat_map(of).collect()
}

/// What gives keys to records that have none, and forgets old merges.
pub fn sweeps() -> Vec<Arc<dyn Sweep>> {
    vec![Arc::new(fill::Keys), Arc::new(unmerge::Forget)]
}
