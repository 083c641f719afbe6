//! Filters and paths of SCIM.
#![no_main]

use kontor_scim::filter;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let user = serde_json::json!({"userName": "a", "active": true, "emails": [{"type": "work", "value": "a@b"}]});
    if let Ok(filter) = filter::filter(text) {
        let _ = filter::holds(&filter, &user);
    }
    let _ = filter::path(text);
});
