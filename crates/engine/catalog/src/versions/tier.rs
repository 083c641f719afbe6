//! Version 2: a customer's `customer_type` is called `tier`, in every place that a field's name can stand.

use kontor_model::{Field, Object};

use super::VersionChange;

/// See the module.
pub struct CustomerTypeIsTier;

const OBJECT: &str = "customer";
const OLDER: &str = "customer_type";
const NEWER: &str = "tier";

impl VersionChange for CustomerTypeIsTier {
    fn name(&self) -> &'static str {
        "customer_type_is_tier"
    }

    fn about(&self) -> &'static str {
        "A customer's customer_type is called tier: in bodies, filters, sorts, fields, groups, errors and metadata."
    }

    fn field(&self, object: &Object, field: &mut Field) {
        if !object.custom && !field.custom && self.renamed(&object.name, &field.name).is_some() {
            NEWER.clone_into(&mut field.name);
            field.label = kontor_model::field::label(NEWER);
        }
    }

    fn renamed(&self, object: &str, member: &str) -> Option<&'static str> {
        (object == OBJECT && member == OLDER).then_some(NEWER)
    }
}
