//! Custom objects and fields: made, changed and retired at run time. Data are never lost by it.

mod checks;
mod copy;
mod fields;
mod indexes;
mod objects;

use std::sync::Arc;

use kontor_model::{Error, ErrorCode, Field, IdGenerator, Json, Kind, Object, Result, SpaceId, Value};
use kontor_store::system::{self, key};
use kontor_store::{Batch, ColumnRef, CommitError, Expr, Select, Set, Store, Write};

use crate::stored::{self, Custom, CustomField};
use crate::wire::field_definition;
use crate::{Catalog, Catalogs, ObjectDef};

/// Changes that may be made to an object.
pub type ObjectPatch = Json;
/// Changes that may be made to a field.
pub type FieldPatch = Json;

/// Changes a space's metadata.
pub struct Metadata {
    catalogs: Arc<Catalogs>,
    store: Arc<dyn Store>,
    ids: Arc<IdGenerator>,
}

impl Metadata {
    pub fn new(catalogs: Arc<Catalogs>, store: Arc<dyn Store>, ids: Arc<IdGenerator>) -> Self {
        Self { catalogs, store, ids }
    }

    pub(super) async fn key_is_taken(&self, space: SpaceId, key: &str) -> Result<bool> {
        let select = Select::new(space, system::CUSTOM_OBJECT, vec![Expr::column("id", Kind::Int)])
            .equals("name", Kind::Text, key)
            .limit(1);
        Ok(!self.store.rows(select).await?.is_empty())
    }

    pub(super) fn insert_field(&self, batch: &mut Batch, object: &str, storage_key: &str, field: &Field) {
        batch.insert(
            system::CUSTOM_FIELD,
            vec![
                ("id", Kind::Int, self.ids.next().0.into()),
                ("object", Kind::Text, object.into()),
                ("storage_key", Kind::Text, storage_key.into()),
                ("definition", Kind::Json, Value::Json(field_definition(field).to_string())),
            ],
        );
    }

    /// The catalog and what it was resolved from, of one version: what a change is checked against.
    pub(super) async fn current(&self, space: SpaceId) -> Result<(Arc<Catalog>, Custom)> {
        // Another call may change them between the reading and the adopting: read again.
        for _ in 0..8 {
            let custom = stored::load(&*self.store, space).await?;
            let catalog = self.catalogs.adopt(space, custom.clone())?;
            if catalog.version == custom.version {
                return Ok((catalog, custom));
            }
        }
        Err(changed())
    }

    /// Whether the metadata can still be resolved after a change: nothing else may be committed, or the space would be
    /// closed for good.
    pub(super) fn holds(&self, space: SpaceId, custom: Custom) -> Result<()> {
        Catalog::resolve(space, 0, self.catalogs.standard(), custom)
            .map(|_| ())
            .map_err(|why| Error::new(ErrorCode::RuleRefused, why))
    }

    /// Commits with the space's metadata version raised by one; `version` is the one that the change was checked
    /// against.
    pub(super) async fn commit(&self, mut batch: Batch, version: i64) -> Result<()> {
        if version == 0 {
            batch.insert(
                system::CATALOG_VERSION,
                vec![("name", Kind::Text, "catalog".into()), ("version", Kind::Int, 1.into())],
            );
        } else {
            batch.writes.push(Write::Update {
                table: system::CATALOG_VERSION.into(),
                keys: vec![key("name", Kind::Text, "catalog"), key("version", Kind::Int, version)],
                set: vec![(ColumnRef::new("version", Kind::Int), Set::Add(1))],
                must: true,
                search: None,
            });
        }
        self.store.commit(batch).await.map_err(|error| match error {
            CommitError::Guard { .. } | CommitError::Unique { .. } => changed(),
            CommitError::Store(error) => error.into(),
        })
    }
}

fn changed() -> Error {
    Error::new(ErrorCode::Conflict, "the metadata were changed by another call at the same time")
}

/// A field as it will be read again once it is committed.
pub(super) fn planned(object: &str, storage_key: &str, field: &Field) -> CustomField {
    CustomField { id: 0, object: object.to_owned(), storage_key: storage_key.to_owned(), field: field.clone() }
}

/// By singular or plural: both are how people say it.
pub(super) fn find<'a>(catalog: &'a Catalog, object: &str) -> Result<&'a Arc<ObjectDef>> {
    catalog
        .object(object)
        .or_else(|| catalog.collection(object))
        .ok_or_else(|| Error::new(ErrorCode::NotFound, format!("there is no object \"{object}\"")))
}

fn update_definition(table: &str, by: &str, value: &str, definition: &str) -> Write {
    Write::Update {
        table: table.into(),
        keys: vec![key(by, Kind::Text, value)],
        set: vec![(ColumnRef::new("definition", Kind::Json), Set::To(Value::Json(definition.to_owned())))],
        must: true,
        search: None,
    }
}

fn object_definition(object: &Object) -> serde_json::Value {
    serde_json::json!({
        "name": object.name, "plural": object.plural, "label": object.label, "description": object.doc, "name_field": object.name_field,
    })
}
