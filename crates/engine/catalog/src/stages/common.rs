//! Every object gets the fields that all records have, and a currency where it has money.

use kontor_model::{Field, FieldType, Object, Place};

/// Common fields come first (api.md 4).
pub fn common(objects: Vec<Object>) -> Vec<Object> {
    objects
        .into_iter()
        .map(|mut object| {
            let standard_money = object.fields.iter().any(|f| !f.custom && f.spec().name() == "money");
            let has_currency = object.fields.iter().any(|f| !f.retired && f.name == "currency");
            if object.has_money() && !has_currency {
                let mut currency = Field::new("currency", FieldType::currency());
                "ISO 4217 code of the record's amounts; the workspace's own when none is sent."
                    .clone_into(&mut currency.doc);
                if !standard_money {
                    currency.custom = true;
                    currency.place = Place::Json("currency".to_owned());
                }
                object.fields.push(currency);
            }
            let mut fields = Object::common_fields(object.owned);
            fields.append(&mut object.fields);
            object.fields = fields;
            object
        })
        .collect()
}
