//! An address is a group of plain fields, so that each part filters, sorts, indexes and imports like any other.

use super::{Field, FieldType, label};

/// The parts of an address and the most characters of each; `country` is an ISO 3166-1 code.
pub const PARTS: &[(&str, usize)] =
    &[("street", 255), ("city", 120), ("region", 120), ("postal_code", 20), ("country", 2)];

impl Field {
    /// The fields of an address: `address("billing")` gives `billing_street`, `billing_city`, `billing_region`,
    /// `billing_postal_code` and `billing_country`.
    pub fn address(prefix: &str) -> Vec<Field> {
        PARTS
            .iter()
            .map(|(part, max)| {
                let ty = if *part == "country" { FieldType::country() } else { FieldType::text(*max) };
                let mut field = Field::new(&format!("{prefix}_{part}"), ty);
                field.label = label(&field.name);
                field
            })
            .collect()
    }
}
