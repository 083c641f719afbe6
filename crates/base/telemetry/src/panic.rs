//! Panics as events.

use std::panic::PanicHookInfo;

/// Logs a panic as one event instead of printing several lines.
pub(crate) fn log_panics() {
    std::panic::set_hook(Box::new(|info: &PanicHookInfo<'_>| {
        let location = info.location().map(ToString::to_string).unwrap_or_default();
        let message = info.payload_as_str().unwrap_or("(no message)");
        let backtrace = std::backtrace::Backtrace::capture();
        tracing::error!(target: "kontor::panic", location, message, %backtrace, "a thread has panicked");
    }));
}
