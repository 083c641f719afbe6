//! The texts by which a person is found where nothing points to them.

use kontor_audit::Row;
use kontor_catalog::ObjectDef;
use kontor_model::{Id, Value};
use kontor_records::Working;
use serde_json::Value as J;

use crate::graph::is_personal;

/// Shorter texts are in everything.
const LEAST: usize = 4;

/// What names a person, in lower case.
#[derive(Debug, Clone, Default)]
pub struct Needles {
    /// Addresses, numbers, names; also those that were changed since.
    pub texts: Vec<String>,
    /// Of them those that nobody else has: addresses, numbers, whole names.
    pub own: Vec<String>,
    /// Ids of records as they stand in JSON.
    pub ids: Vec<String>,
}

/// Fields whose values name a person, and not many.
fn names(def: &ObjectDef, name: &str) -> bool {
    def.fields.iter().any(|field| {
        field.name == name
            && is_personal(def, field)
            && matches!(field.spec().name(), "text" | "email" | "phone" | "mobile")
            && !matches!(name, "city" | "title" | "company_name" | "interest" | "first_name")
    })
}

/// Whether nobody else has this value.
fn own(def: &ObjectDef, name: &str, text: &str) -> bool {
    let kind = def.fields.iter().find(|field| field.name == name).map(|field| field.spec().name());
    matches!(kind, Some("email" | "phone" | "mobile")) || text.trim().contains(' ')
}

impl Needles {
    /// The present values of a record, and those in its entries.
    pub fn of(def: &ObjectDef, id: Id, record: &Working, entries: &[Row]) -> Self {
        let mut needles = Self { texts: Vec::new(), own: Vec::new(), ids: vec![format!("\"{id}\"")] };
        for (field, value) in def.fields.iter().zip(&record.values) {
            if let Value::Text(text) = value
                && names(def, &field.name)
            {
                needles.add(text, own(def, &field.name, text));
            }
        }
        for entry in entries {
            let changes: J = entry.changes.as_deref().and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default();
            for (path, value) in changes.as_object().into_iter().flatten().filter(|(path, _)| names(def, path)) {
                match value {
                    J::String(text) => needles.add(text, own(def, path, text)),
                    J::Array(both) => {
                        both.iter().filter_map(J::as_str).for_each(|text| needles.add(text, own(def, path, text)));
                    }
                    _ => {}
                }
            }
        }
        needles
    }

    /// A text more by which to find the person; `own` when nobody else has it.
    pub fn add(&mut self, text: &str, own: bool) {
        let text = text.trim().to_lowercase();
        let placeholder = text.starts_with("erased ");
        if text.chars().count() >= LEAST && !placeholder && !self.texts.contains(&text) {
            if own {
                self.own.push(text.clone());
            }
            self.texts.push(text);
        }
    }

    /// Whether a value is the person's: it equals one of theirs (in JSON: has it as a string), or has something in it
    /// that nobody else has. A company that is called like a person keeps its name.
    pub fn is_theirs(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        let equal = |needle: &String| lower == *needle || lower.contains(&format!("\"{needle}\""));
        self.ids.iter().any(|id| text.contains(id.as_str()))
            || self.own.iter().any(|needle| lower.contains(needle.as_str()))
            || self.texts.iter().any(equal)
    }

    /// Whether a mail's receiver, `jo@smith.example` or `Jo <jo@smith.example>`, is the person.
    pub fn is_addressed(&self, to: &str) -> bool {
        let bare = to.rsplit_once('<').map_or(to, |(_, rest)| rest.trim_end().trim_end_matches('>'));
        let bare = bare.trim().to_lowercase();
        self.texts.contains(&bare)
    }

    /// Whether a text has one of the values.
    pub fn mentioned(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.texts.iter().any(|needle| text.contains(needle.as_str()))
    }

    /// Whether a text has one of the values or the id.
    pub fn named(&self, text: &str) -> bool {
        self.ids.iter().any(|id| text.contains(id.as_str())) || self.mentioned(text)
    }

    /// Whether a list of participants says that the record is from the person.
    pub fn wrote(&self, participants: &str) -> bool {
        let listed: Vec<J> = serde_json::from_str(participants).unwrap_or_default();
        listed.iter().any(|one| one["role"] == "from" && self.named(&one.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_that_is_called_like_a_person_keeps_its_name() {
        let needles = Needles {
            texts: vec!["smith".into(), "jo smith".into(), "jo@smith.example".into()],
            own: vec!["jo smith".into(), "jo@smith.example".into()],
            ids: vec!["\"77\"".into()],
        };
        for theirs in [
            "Smith",
            "JO@smith.example",
            "care of Jo Smith",
            "{\"name\":[null,\"Smith\"]}",
            "[{\"contact_id\":\"77\"}]",
        ] {
            assert!(needles.is_theirs(theirs), "{theirs}");
        }
        for other in ["Smith & Sons", "[{\"contact_id\":\"777\"}]", "joe"] {
            assert!(!needles.is_theirs(other), "{other}");
        }
        for to in ["jo@smith.example", "JO@Smith.example", "Jo Smith <jo@smith.example>"] {
            assert!(needles.is_addressed(to), "{to}");
        }
        assert!(!needles.is_addressed("bigjo@smith.example") && !needles.is_addressed("<x@y.example>"));
        assert!(needles.wrote(r#"[{"role":"to","email":"a@x.example"},{"role":"from","email":"JO@smith.example"}]"#));
        for other in [r#"[{"role":"from","email":"a@x.example"},{"role":"to","email":"jo@smith.example"}]"#, "{}", "x"]
        {
            assert!(!needles.wrote(other), "{other}");
        }
        assert!(needles.mentioned("Smith & Sons") && needles.named("\"77\""));
    }
}
