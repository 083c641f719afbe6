//! References point to objects that exist, names are valid, and every object can be named to a person.

use kontor_model::{Object, name};

/// # Errors
/// The first declaration that does not hold.
pub fn references(objects: &[Object]) -> Result<(), String> {
    for object in objects {
        if !name::is_valid(&object.name) || !name::is_valid(&object.plural) {
            return Err(format!("object {} has an invalid name", object.name));
        }
        if !object.fields.iter().any(|f| f.name == object.name_field) {
            return Err(format!("object {} is named by {}, which it does not have", object.name, object.name_field));
        }
        for field in object.fields.iter().filter(|f| !f.retired) {
            if let Some(reference) = field.ty.as_reference()
                && !objects.iter().any(|o| o.name == reference.object)
            {
                return Err(format!(
                    "{}.{} refers to {}, which does not exist",
                    object.name, field.name, reference.object
                ));
            }
        }
    }
    Ok(())
}
