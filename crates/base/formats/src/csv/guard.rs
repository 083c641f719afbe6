//! Guard against cells that spreadsheet programs run as formulas
//! (OWASP, "CSV Injection").

use crate::row::is_number;
use std::borrow::Cow;

fn starts_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// The text with an apostrophe in front where it would run as a formula, or
/// where it already looks guarded.
pub fn guarded(text: &str) -> Cow<'_, str> {
    if starts_formula(text.trim_start_matches('\'')) && !is_number(text) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text as it was before [`guarded`].
pub fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if starts_formula(rest.trim_start_matches('\'')) => rest,
        _ => text,
    }
}
