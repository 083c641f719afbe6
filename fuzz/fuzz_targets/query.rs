//! Query strings and full-text questions.
#![no_main]

use kontor_rest::Params;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = Params::parse(text, &["limit", "sort", "filter", "q"]);
    let _ = kontor_records::terms(text);
});
