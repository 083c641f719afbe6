//! A catalog as a version shows it.

use std::sync::Arc;

use kontor_model::object::Derived;
use kontor_model::{ApiVersion, Field, Object};

use super::changes;
use crate::{Catalog, ObjectDef};

/// The view of a native catalog. Fields keep their places, so that a row's values are the same in every version.
///
/// # Errors
/// A change that gives two fields of an object one name.
pub fn view(native: &Catalog, version: ApiVersion) -> Result<Catalog, String> {
    let objects = native.objects().map(|def| object(def, native, version).map(Arc::new));
    Ok(Catalog::of(native.space, native.version, version, objects.collect::<Result<_, _>>()?))
}

fn object(native: &Arc<ObjectDef>, catalog: &Catalog, version: ApiVersion) -> Result<ObjectDef, String> {
    let mut object = (***native).clone();
    for change in changes(version) {
        let before = object.clone();
        for (field, was) in object.fields.iter_mut().zip(&before.fields) {
            change.field(&before, field);
            if field.name != was.name {
                object.derived.iter_mut().for_each(|rule| rename(rule, &was.name, &field.name));
                if object.name_field == was.name {
                    object.name_field.clone_from(&field.name);
                }
            }
        }
    }
    // What actions take keeps its names: only how values are written differs.
    let like = object.clone();
    for field in inputs(&mut object) {
        let name = field.name.clone();
        changes(version).for_each(|change| change.field(&like, field));
        field.name = name;
    }
    let mut def = ObjectDef::build(object, catalog.space)?;
    def.seen_as(version, native.clone());
    Ok(def)
}

fn inputs(object: &mut Object) -> impl Iterator<Item = &mut Field> {
    let actions = object.actions.iter_mut().flat_map(|action| &mut action.input);
    actions.chain(object.views.iter_mut().flat_map(|view| &mut view.input))
}

fn rename(rule: &mut Derived, from: &str, to: &str) {
    let names: Vec<&mut String> = match rule {
        Derived::LineTotal { target, price, quantity, discount } => vec![target, price, quantity, discount],
        Derived::DaysBetween { target, from, to } => vec![target, from, to],
        Derived::Joined { target, parts } => std::iter::once(target).chain(parts).collect(),
    };
    for name in names.into_iter().filter(|name| name.as_str() == from) {
        to.clone_into(name);
    }
}
