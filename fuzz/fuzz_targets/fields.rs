//! Every field type on any text: it is refused, or what it became is accepted again.
#![no_main]

use kontor_model::field::Context;
use kontor_model::{FieldType, Json, Settings};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let settings = Settings::default();
    let cx = Context { settings: &settings, country: Some("DE") };
    let types = [
        FieldType::text(255),
        FieldType::integer(),
        FieldType::decimal(4),
        FieldType::money(),
        FieldType::date(),
        FieldType::datetime(),
        FieldType::email(),
        FieldType::phone(),
        FieldType::mobile(),
        FieldType::url(),
        FieldType::currency(),
        FieldType::country(),
    ];
    for ty in types {
        let spec = ty.spec();
        if let Ok(checked) = spec.check(&Json::from(text), &cx) {
            let again = Json::from(spec.show().plain(&checked.value).as_str());
            assert!(spec.check(&again, &cx).is_ok(), "{}: {again}", spec.name());
        }
    }
});
