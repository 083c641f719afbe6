//! A mapping for a file that came without one: columns go to the fields of the same name or label.

use std::collections::HashMap;

use kontor_catalog::ObjectDef;

use super::{Mapping, Rule};

fn folded(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric() || *c == '.').flat_map(char::to_lowercase).collect()
}

/// Columns by name, without regard to case, spaces and punctuation; the first column of a field wins.
pub fn guess(def: &ObjectDef, columns: &[String]) -> Mapping {
    let mut names: HashMap<String, String> = HashMap::new();
    let fields: Vec<_> = def.shown().filter(|(_, f)| !f.read_only).map(|(_, f)| (def.path(f), f)).collect();
    for (path, _) in &fields {
        names.entry(folded(path)).or_insert_with(|| path.clone());
    }
    for (path, field) in &fields {
        for other in [&field.name, &field.label] {
            names.entry(folded(other)).or_insert_with(|| path.clone());
        }
    }
    let mut rules: Vec<Rule> = Vec::new();
    for column in columns {
        if let Some(path) = names.get(&folded(column))
            && !rules.iter().any(|r| r.target == *path)
        {
            rules.push(Rule::plain(path, column));
        }
    }
    Mapping { object: def.name.clone(), fields: rules, ..Mapping::default() }
}
