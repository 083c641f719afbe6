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

impl Needles {
    /// The present values of a record, and those in its entries.
    pub fn of(def: &ObjectDef, id: Id, record: &Working, entries: &[Row]) -> Self {
        let mut needles = Self { texts: Vec::new(), ids: vec![format!("\"{id}\"")] };
        for (field, value) in def.fields.iter().zip(&record.values) {
            if let Value::Text(text) = value
                && names(def, &field.name)
            {
                needles.add(text);
            }
        }
        for entry in entries {
            let changes: J = entry.changes.as_deref().and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default();
            for (_, value) in changes.as_object().into_iter().flatten().filter(|(path, _)| names(def, path)) {
                match value {
                    J::String(text) => needles.add(text),
                    J::Array(both) => both.iter().filter_map(J::as_str).for_each(|text| needles.add(text)),
                    _ => {}
                }
            }
        }
        needles
    }

    fn add(&mut self, text: &str) {
        let text = text.trim().to_lowercase();
        let placeholder = text.starts_with("erased ");
        if text.chars().count() >= LEAST && !placeholder && !self.texts.contains(&text) {
            self.texts.push(text);
        }
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
}
