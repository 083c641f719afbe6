//! Bodies: what is accepted reads the same after it was written.
#![no_main]

use kontor_model::Json;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(json) = Json::parse(bytes) {
        assert_eq!(Json::parse(json.to_string().as_bytes()).as_ref(), Ok(&json));
    }
});
