//! Imported files of every format.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    kontor_formats::fuzz::read_all(bytes);
});
