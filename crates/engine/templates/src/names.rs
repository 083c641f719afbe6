//! The names that a template uses against those that there are.

use std::collections::HashSet;

use kontor_model::name;
use serde_json::Value as J;

use crate::wrong::{Kind, Wrong};

/// What the language brings along.
const OWN: &[&str] = &["loop", "range"];

/// Holds every name of a template against the values; `line` finds the line that has it.
///
/// # Errors
/// The first name that is not there, with the nearest right one.
pub fn check(used: HashSet<String>, values: &J, line: impl Fn(&str) -> Option<usize>) -> Result<(), Wrong> {
    let mut used: Vec<String> = used.into_iter().collect();
    used.sort();
    for path in used.iter().filter(|path| !OWN.contains(&path.as_str())) {
        let mut here = values;
        let mut so_far = String::new();
        for part in path.split('.') {
            let J::Object(members) = here else { break };
            let Some(next) = members.get(part) else {
                let at = if so_far.is_empty() { String::new() } else { format!(" in {so_far}") };
                let hint = name::hint(part, members.keys().map(String::as_str));
                let message = format!("names \"{part}\", which is not{at}{hint}");
                return Err(Wrong::new(Kind::Name, line(part), message));
            };
            here = next;
            if !so_far.is_empty() {
                so_far.push('.');
            }
            so_far.push_str(part);
        }
    }
    Ok(())
}
