//! What names and numbers of fields a definition may have.

use kontor_model::{ErrorCode, Fault, Field, Object, name};

use crate::Catalog;

/// Words that no collection may be called: they are addresses of their own.
pub(super) const RESERVED: &[&str] = &[
    "metadata",
    "outbox",
    "password_resets",
    "sandboxes",
    "composite",
    "imports",
    "exports",
    "jobs",
    "events",
    "search",
    "batch",
    "aggregate",
    "record",
    "custom",
    "files",
    "me",
    "auth",
];
pub(super) const MAX_FIELDS: usize = 500;
pub(super) const MAX_OBJECTS: usize = 200;

pub(super) fn check_fields(catalog: &Catalog, object: &Object, fields: &[Field], faults: &mut Vec<Fault>) {
    let common = Object::common_fields(true);
    let current = if object.fields.as_ptr() == fields.as_ptr() { &[][..] } else { &object.fields[..] };
    if current.len() + fields.len() > MAX_FIELDS {
        faults.push(Fault::new("name", "too_many", format!("an object has at most {MAX_FIELDS} fields")));
    }
    for (i, field) in fields.iter().enumerate() {
        let clash = |other: &Field| {
            other.name == field.name
                || Some(&other.name) == field.companion().as_ref()
                || other.companion().as_ref() == Some(&field.name)
        };
        let reserved = ["custom", "object", "deleted_at", "space", "currency"].contains(&field.name.as_str())
            && field.spec().name() != "currency";
        let standard = !object.custom;
        let taken = current.iter().filter(|f| !f.retired && (f.custom || !standard)).any(clash)
            || fields.iter().take(i).any(clash)
            || (!standard && common.iter().any(clash));
        if reserved || taken {
            faults.push(
                Fault::coded("name", ErrorCode::NotUnique, "is taken by another field").value(field.name.clone()),
            );
        }
        if let Some(reference) = field.ty.as_reference()
            && reference.object != object.name
            && catalog.object(&reference.object).is_none()
        {
            let hint = name::hint(&reference.object, catalog.objects().map(|o| o.name.as_str()));
            faults.push(
                Fault::new("object", "unknown", format!("there is no such object{hint}"))
                    .value(reference.object.clone()),
            );
        }
    }
}
