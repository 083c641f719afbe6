//! What authenticators and browsers send: attestation objects, authenticator data, client data, keys.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    kontor_identity::webauthn::fuzz(bytes);
});
