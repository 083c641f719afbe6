//! Standard objects and a space's own become one list.

use kontor_model::object::CUSTOM_TABLE;
use kontor_model::{Field, Object, Place};

use crate::stored::Custom;

/// Custom fields go to the end of their object's; custom objects to the end of the list.
///
/// # Errors
/// A custom name that a standard one has taken since (after an upgrade).
pub fn merge(standard: &[Object], custom: Custom) -> Result<Vec<Object>, String> {
    let mut objects: Vec<Object> = standard.to_vec();
    for mut object in custom.objects {
        if objects.iter().any(|o| o.name == object.name || o.plural == object.plural) {
            return Err(format!("custom object {} has the name of another object", object.name));
        }
        object.custom = true;
        "custom".clone_into(&mut object.service);
        CUSTOM_TABLE.clone_into(&mut object.table);
        object.fields.clear();
        objects.push(object);
    }
    for stored in custom.fields {
        let Some(object) = objects.iter_mut().find(|o| o.name == stored.object) else { continue };
        object.fields.push(Field { place: Place::Json(stored.storage_key), custom: true, ..stored.field });
    }
    Ok(objects)
}
