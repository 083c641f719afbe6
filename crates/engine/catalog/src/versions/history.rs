//! What was stored in the words of version 1, audit entries and events, as a version shows it.

use kontor_model::Field;
use serde_json::{Map, Value as J};

use super::{VersionChange, changes};
use crate::ObjectDef;

/// A stored record, as `def`'s version shows it.
pub fn record_down(def: &ObjectDef, record: &mut J) {
    let native = def.native();
    let J::Object(members) = record else { return };
    for (_, field) in native.shown() {
        let at = if field.custom && !native.custom {
            members.get_mut("custom").and_then(|custom| custom.get_mut(&field.name))
        } else {
            members.get_mut(&field.name)
        };
        if let Some(value) = at {
            value_down(def, field, value);
        }
    }
    for change in changes(def.api()) {
        renamed(change, &native.name, members);
    }
}

/// Stored changes, `{"path": [before, after]}`, as `def`'s version shows them.
pub fn changes_down(def: &ObjectDef, stored: &mut J) {
    let native = def.native();
    let J::Object(members) = stored else { return };
    for (path, pair) in members.iter_mut() {
        if let (Some((_, field)), J::Array(values)) = (native.field(path), pair) {
            values.iter_mut().for_each(|value| value_down(def, field, value));
        }
    }
    for change in changes(def.api()) {
        renamed(change, &native.name, members);
    }
}

fn value_down(def: &ObjectDef, field: &Field, value: &mut J) {
    changes(def.api()).for_each(|change| change.stored(field, value));
}

/// Gives the members of one object's document their newer names.
pub(super) fn renamed(change: &dyn VersionChange, object: &str, members: &mut Map<String, J>) {
    let names: Vec<(String, &str)> =
        members.keys().filter_map(|name| Some((name.clone(), change.renamed(object, name)?))).collect();
    for (older, newer) in names {
        if let Some(value) = members.remove(&older) {
            members.insert(newer.to_owned(), value);
        }
    }
}
