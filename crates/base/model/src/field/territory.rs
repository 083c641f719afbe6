//! What is sold belongs to a territory.

use super::{Field, FieldType};

impl Field {
    /// The fields of an object that territories cover: `territory_id` and `territory_fixed`.
    pub fn territory() -> Vec<Field> {
        vec![
            Field::reference("territory", "territory")
                .indexed()
                .doc("Where it belongs; the first territory that covers it, unless set by hand."),
            Field::new("territory_fixed", FieldType::boolean())
                .default(false)
                .doc("Whether its territory was set by hand; it stays there then."),
        ]
    }
}
