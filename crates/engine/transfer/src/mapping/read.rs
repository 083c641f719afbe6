//! Members of strict JSON: what does not fit becomes a fault, and reading goes on.

use kontor_formats::Format;
use kontor_model::{ErrorCode, Fault, Json, name};

/// The known members of an object; anything else is a fault.
pub(crate) fn unknown(json: &Json, path: &str, known: &[&str], faults: &mut Vec<Fault>) {
    for (key, _) in json.as_object().unwrap_or_default() {
        if !known.contains(&key.as_str()) {
            let hint = name::hint(key, known.iter().copied());
            faults.push(Fault::coded(join(path, key), ErrorCode::UnknownField, format!("is not known here{hint}")));
        }
    }
}

pub(crate) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// One of a few words.
pub(crate) fn word<T: Copy>(json: &Json, path: &str, words: &[(&str, T)], faults: &mut Vec<Fault>) -> Option<T> {
    let found = json.as_str().and_then(|text| words.iter().find(|(word, _)| *word == text));
    if found.is_none() {
        let allowed: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let message = format!("must be one of {}", allowed.join(", "));
        faults.push(Fault::coded(path, ErrorCode::EnumNotAllowed, message).value(json.excerpt()).allowed(allowed));
    }
    found.map(|(_, value)| *value)
}

pub(crate) fn text(json: &Json, path: &str, faults: &mut Vec<Fault>) -> Option<String> {
    match json {
        Json::String(text) if !text.is_empty() => Some(text.clone()),
        other => {
            faults.push(
                Fault::new(path, "type", format!("must be a string that is not empty, not {}", other.kind()))
                    .value(other.excerpt()),
            );
            None
        }
    }
}

pub(crate) fn flag(json: &Json, path: &str, faults: &mut Vec<Fault>) -> Option<bool> {
    if json.as_bool().is_none() {
        faults.push(
            Fault::new(path, "type", format!("must be true or false, not {}", json.kind())).value(json.excerpt()),
        );
    }
    json.as_bool()
}

pub(crate) fn format(json: &Json, path: &str, faults: &mut Vec<Fault>) -> Option<Format> {
    let found = json.as_str().and_then(Format::from_name);
    if found.is_none() {
        let message = "must be csv, ndjson, xlsx or vcard";
        faults.push(
            Fault::coded(path, ErrorCode::EnumNotAllowed, message)
                .value(json.excerpt())
                .allowed(["csv", "ndjson", "xlsx", "vcard"]),
        );
    }
    found
}

/// `,`, `tab` or `\t`.
pub(crate) fn delimiter(json: &Json, path: &str, faults: &mut Vec<Fault>) -> Option<u8> {
    let found = match json.as_str() {
        Some("tab" | "\\t") => Some(b'\t'),
        Some(text) => match text.as_bytes() {
            [one] if one.is_ascii() && !one.is_ascii_alphanumeric() && !matches!(one, b'"' | b'\r' | b'\n') => {
                Some(*one)
            }
            _ => None,
        },
        None => None,
    };
    if found.is_none() {
        faults.push(Fault::new(path, "format", "must be one character such as , or ; or tab").value(json.excerpt()));
    }
    found
}

/// A text, number or null as it would stand in a cell.
pub(crate) fn plain(json: &Json) -> Option<String> {
    match json {
        Json::String(text) | Json::Number(text) => Some(text.clone()),
        Json::Null => Some(String::new()),
        Json::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
