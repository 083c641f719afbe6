//! Types that keep a second value get a read-only field for it (`phone` → `phone_original`).

use kontor_model::{Field, FieldType, Object, Place};

/// The second value follows its field.
pub fn companions(objects: Vec<Object>) -> Vec<Object> {
    objects
        .into_iter()
        .map(|mut object| {
            object.fields = object
                .fields
                .into_iter()
                .flat_map(|field| {
                    let second = field.spec().companion().map(|suffix| {
                        let name = format!("{}{suffix}", field.name);
                        let place = match &field.place {
                            Place::Column(column) => Place::Column(format!("{column}{suffix}")),
                            Place::Json(key) => Place::Json(format!("{key}{suffix}")),
                        };
                        Field {
                            place,
                            custom: field.custom,
                            retired: field.retired,
                            personal: field.personal,
                            ..Field::new(&name, FieldType::text(64)).read_only()
                        }
                    });
                    std::iter::once(field).chain(second)
                })
                .collect();
            object
        })
        .collect()
}
