//! A space's own objects and fields as they are kept: rows of `custom_object` and `custom_field`.

use std::collections::HashSet;

use kontor_model::{Field, Json, Kind, Object, SpaceId, Value};
use kontor_store::{Expr, Select, Store, StoreError, system};

use crate::wire;

/// A field made at run time.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomField {
    pub id: i64,
    /// The key of the object it belongs to (its name, for standard ones).
    pub object: String,
    /// The key of the record's JSON document; given once, kept through renames.
    pub storage_key: String,
    pub field: Field,
}

/// All that a space has made.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Custom {
    /// With their row ids in the same order in `object_ids`.
    pub objects: Vec<Object>,
    pub object_ids: Vec<i64>,
    /// The fields of standard and of custom objects; `object` holds the object's current name.
    pub fields: Vec<CustomField>,
    /// Raised by every change.
    pub version: i64,
}

fn column(name: &str, kind: Kind) -> Expr {
    Expr::column(name, kind)
}

/// Reads a space's metadata.
///
/// # Errors
/// The database's, or a definition that this program cannot read.
pub async fn load(store: &dyn Store, space: SpaceId) -> Result<Custom, StoreError> {
    let version = version(store, space).await?;
    let mut custom = Custom { version, ..Custom::default() };
    let select = Select::new(
        space,
        system::CUSTOM_OBJECT,
        vec![
            column("id", Kind::Int),
            column("name", Kind::Text),
            column("definition", Kind::Json),
            column("retired_at", Kind::Int),
        ],
    )
    .order(column("id", Kind::Int), false);
    let mut gone = HashSet::new();
    for row in store.rows(select).await? {
        let [Value::Int(id), Value::Text(key), definition, retired] = row.as_slice() else { continue };
        if !retired.is_null() {
            gone.insert(key.clone());
            continue;
        }
        let mut object = wire::object_from_json(&read(definition)?).map_err(|e| StoreError::Schema(e.to_string()))?;
        object.key.clone_from(key);
        object.fields.clear();
        custom.objects.push(object);
        custom.object_ids.push(*id);
    }
    let select = Select::new(
        space,
        system::CUSTOM_FIELD,
        vec![
            column("id", Kind::Int),
            column("object", Kind::Text),
            column("storage_key", Kind::Text),
            column("definition", Kind::Json),
            column("retired_at", Kind::Int),
        ],
    )
    .order(column("id", Kind::Int), false);
    for row in store.rows(select).await? {
        let [Value::Int(id), Value::Text(object), Value::Text(storage_key), definition, retired] = row.as_slice()
        else {
            continue;
        };
        // Another object may bear the name of one that was retired; its fields are not that one's.
        if gone.contains(object) {
            continue;
        }
        let mut field = wire::stored_field(&read(definition)?).map_err(|e| StoreError::Schema(e.to_string()))?;
        field.retired = !retired.is_null();
        let name = custom.objects.iter().find(|o| o.key == *object).map_or(object, |o| &o.name);
        custom.fields.push(CustomField { id: *id, object: name.clone(), storage_key: storage_key.clone(), field });
    }
    Ok(custom)
}

/// The version of a space's metadata; 0 when nothing was ever changed.
pub async fn version(store: &dyn Store, space: SpaceId) -> Result<i64, StoreError> {
    let select = Select::new(space, system::CATALOG_VERSION, vec![column("version", Kind::Int)])
        .equals("name", Kind::Text, "catalog")
        .limit(1);
    Ok(store.rows(select).await?.first().and_then(|row| row.first()?.as_i64()).unwrap_or(0))
}

fn read(definition: &Value) -> Result<Json, StoreError> {
    Json::parse_str(definition.as_str().unwrap_or_default())
        .map_err(|e| StoreError::Schema(format!("a stored definition cannot be read: {e}")))
}
