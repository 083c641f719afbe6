//! From declarations to tables: the difference to what is there is planned by the store.

use kontor_model::object::CUSTOM_TABLE;
use kontor_model::{Field, Kind, Object, Place, SpaceId};
use kontor_store::{Column, Index, IndexPart, Schema, Table, system};

use crate::stages;

/// The version of the schema as a whole; raised by every change that is more than additive.
pub const SCHEMA_VERSION: i64 = 1;
const OLDEST: i64 = 1;

/// All tables: the engine's own, one for each standard object, one for all custom objects.
pub fn schema(standard: &[Object]) -> Schema {
    let objects = stages::companions(stages::common(standard.to_vec()));
    let mut tables = system::tables();
    tables.extend(objects.iter().map(object_table));
    let custom = Object {
        table: CUSTOM_TABLE.to_owned(),
        fields: Object::common_fields(true),
        ..Object::new("custom", "custom", CUSTOM_TABLE)
    };
    let mut table = object_table(&custom).searched();
    table.columns.push(Column::new("object", Kind::Text).not_null());
    // One table serves many objects, so an external_id is unique only within its own.
    table.indexes = vec![
        Index::on("ix_custom_records_created", &["space", "object", "created_at", "id"]).live_only(),
        Index::on("ix_custom_records_updated", &["space", "object", "updated_at", "created_at", "id"]).live_only(),
        Index::on("ix_custom_records_owner", &["space", "object", "owner_id", "created_at", "id"]).live_only(),
        Index::on("ux_custom_records_external_id", &["space", "object", "external_id"]).unique().live_only(),
    ];
    tables.push(table);
    Schema { version: SCHEMA_VERSION, oldest: OLDEST, tables }
}

fn object_table(object: &Object) -> Table {
    let mut columns = Vec::new();
    let mut indexes =
        vec![Index::on(&format!("ix_{}_created", object.table), &["space", "created_at", "id"]).live_only()];
    for field in &object.fields {
        let Place::Column(column) = &field.place else { continue };
        let required = matches!(field.name.as_str(), "id" | "version" | "created_at" | "updated_at");
        columns.push(Column { name: column.clone(), kind: field.kind(), not_null: required });
        if field.unique {
            indexes.push(Index::on(&unique_index_name(object, field), &["space", column]).unique().live_only());
        } else if field.indexed && field.name != "created_at" {
            indexes.push(Index::on(&index_name(object, field), &["space", column, "created_at", "id"]).live_only());
        }
    }
    columns.push(Column::new("custom", Kind::Json));
    columns.push(Column::new("deleted_at", Kind::Int));
    let mut table = Table::new(&object.table, &["id"], columns);
    table.indexes = indexes;
    table.search = object.fields.iter().any(|f| f.searched);
    table
}

/// A name of at most 60 characters that is the same in every release.
fn bounded(name: String) -> String {
    if name.len() <= 60 {
        return name;
    }
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    format!("{}_{hash:016x}", name.get(..43).unwrap_or_default())
}

pub(crate) fn index_name(object: &Object, field: &Field) -> String {
    match &field.place {
        Place::Column(column) => bounded(format!("ix_{}_{column}", object.table)),
        Place::Json(key) => bounded(format!("cx_{}_{key}_{:?}", object.key, field.kind()).to_lowercase()),
    }
}

pub(crate) fn unique_index_name(object: &Object, field: &Field) -> String {
    match &field.place {
        Place::Column(column) => bounded(format!("ux_{}_{column}", object.table)),
        Place::Json(key) => bounded(format!("cu_{}_{key}", object.key)),
    }
}

/// The index that serves filters and sorts by a custom field; spaces share it.
pub(crate) fn custom_index(object: &Object, field: &Field) -> Option<Index> {
    let Place::Json(key) = &field.place else { return None };
    let mut index = Index::on(&index_name(object, field), &["space"]).live_only();
    index.parts.push(IndexPart::Json { key: key.clone(), kind: field.kind() });
    index.parts.extend(["created_at", "id"].map(|c| IndexPart::Column(c.to_owned())));
    index.object = object.custom.then(|| object.key.clone());
    Some(index)
}

/// The index that keeps a custom field unique; each space has its own, since another may not want it.
pub(crate) fn custom_unique_index(object: &Object, field: &Field, space: SpaceId) -> Option<Index> {
    let Place::Json(key) = &field.place else { return None };
    let mut index = Index::on(&unique_index_in(object, field, space), &["space"]).unique().live_only();
    index.parts.push(IndexPart::Json { key: key.clone(), kind: field.kind() });
    index.object = object.custom.then(|| object.key.clone());
    index.space = Some(space);
    Some(index)
}

/// The name of the index that keeps a field unique in a space.
pub(crate) fn unique_index_in(object: &Object, field: &Field, space: SpaceId) -> String {
    let name = unique_index_name(object, field);
    match field.place {
        Place::Column(_) => name,
        Place::Json(_) => bounded(format!("{name}_{space}")),
    }
}
