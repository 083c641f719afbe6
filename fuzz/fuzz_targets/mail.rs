//! Messages that come in.
#![no_main]

use kontor_mailbox::{Mail, fresh};

libfuzzer_sys::fuzz_target!(|raw: &[u8]| {
    if let Ok(mail) = Mail::read(raw) {
        let _ = fresh(&mail.text);
    }
});
