//! Versions of the API (api.md 9): each is a list of named changes, one file per change.
//!
//! Version 1's words are the ones that declarations, audit entries and events are kept in. A later version is a view:
//! its changes are laid over every declaration once, when a space's catalog is first asked for in that version, and
//! the engine reads, checks, filters and writes by the view as by any catalog. What is no record (a job, a stored
//! audit entry) goes through [`up`] and [`down`].
//!
//! A new version is a row of [`CHANGES`] and a file for each of its changes.

mod cursors;
mod history;
mod tier;
mod times;
mod view;

#[cfg(test)]
mod tests;

use kontor_model::{ApiVersion, Field, Object};
use serde_json::Value as J;

pub use history::{changes_down, record_down};
pub(crate) use view::view;

/// One difference between a version and the one before it: "older" is how it was, "newer" how it is.
pub trait VersionChange: Sync {
    /// `times_in_milliseconds`
    fn name(&self) -> &'static str;

    /// One sentence for the documents.
    fn about(&self) -> &'static str;

    /// An older declaration's field becomes the newer one's.
    fn field(&self, _object: &Object, _field: &mut Field) {}

    /// A member of a document of a request that no catalog reads: newer to older.
    fn up(&self, _name: &str, _value: &mut J) {}

    /// A member of a document of an answer that no catalog wrote: older to newer.
    fn down(&self, _name: &str, _value: &mut J) {}

    /// The value of a field as it was stored in an audit entry or event: older to newer.
    fn stored(&self, _field: &Field, _value: &mut J) {}

    /// A member of an object of an answer that has another name: older to newer.
    fn renamed(&self, _object: &str, _member: &str) -> Option<&'static str> {
        None
    }

    /// A schema of the OpenAPI document that no catalog wrote: older to newer.
    fn schema(&self, _schema: &mut serde_json::Map<String, J>) {}

    /// Why a list's parameter is not there any more.
    fn parameter(&self, _name: &str) -> Option<&'static str> {
        None
    }
}

/// What each version changed against the one before it.
pub const CHANGES: &[(ApiVersion, &[&dyn VersionChange])] = &[
    (ApiVersion::V1, &[]),
    (ApiVersion::V2, &[&times::TimesInMilliseconds, &tier::CustomerTypeIsTier, &cursors::ListsByCursor]),
];

/// Every change that lies between version 1 and this one, oldest first.
pub fn changes(version: ApiVersion) -> impl DoubleEndedIterator<Item = &'static dyn VersionChange> {
    CHANGES.iter().filter(move |(of, _)| *of <= version).flat_map(|(_, changes)| changes.iter().copied())
}

/// A request's document in the words of version 1.
pub fn up(version: ApiVersion, document: &mut J) {
    for change in changes(version).rev() {
        walk(document, &|name, value| change.up(name, value));
    }
}

/// A document in the words of version 1, as a version answers it. Paths of the API become the version's own.
pub fn down(version: ApiVersion, document: &mut J) {
    for change in changes(version) {
        rename(change, document);
        walk(document, &|name, value| change.down(name, value));
    }
    walk(document, &|name, value| {
        if name.ends_with("url")
            && let J::String(path) = value
        {
            *path = version.path(path);
        }
    });
}

/// Why a list of this version does not take a parameter.
pub fn refused_parameter(version: ApiVersion, name: &str) -> Option<&'static str> {
    changes(version).find_map(|change| change.parameter(name))
}

/// Every member of every object.
fn walk(value: &mut J, visit: &dyn Fn(&str, &mut J)) {
    match value {
        J::Object(members) => {
            for (name, value) in members.iter_mut() {
                visit(name, value);
                walk(value, visit);
            }
        }
        J::Array(items) => items.iter_mut().for_each(|item| walk(item, visit)),
        _ => {}
    }
}

/// Members of records, which say in `object` what they are.
fn rename(change: &dyn VersionChange, value: &mut J) {
    match value {
        J::Object(members) => {
            if let Some(object) = members.get("object").and_then(J::as_str).map(str::to_owned) {
                history::renamed(change, &object, members);
            }
            members.values_mut().for_each(|value| rename(change, value));
        }
        J::Array(items) => items.iter_mut().for_each(|item| rename(change, item)),
        _ => {}
    }
}
