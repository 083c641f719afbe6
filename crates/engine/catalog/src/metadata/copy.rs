//! A space's own objects and fields in another space: the rows as they are, under the same ids.

use kontor_model::{Kind, Result, SpaceId, Value};
use kontor_store::system::{self, key};
use kontor_store::{Batch, ColumnRef, Expr, OnConflict, Select, Set, Write};

use super::Metadata;
use crate::{stored, tables};

/// Rows of a batch.
const PAGE: usize = 500;

const OBJECT: &[(&str, Kind)] =
    &[("id", Kind::Int), ("name", Kind::Text), ("definition", Kind::Json), ("retired_at", Kind::Int)];
const FIELD: &[(&str, Kind)] = &[
    ("id", Kind::Int),
    ("object", Kind::Text),
    ("storage_key", Kind::Text),
    ("definition", Kind::Json),
    ("retired_at", Kind::Int),
];

impl Metadata {
    /// Gives `to`, which has none of its own, the objects and fields of `from`, with their indexes. Doing it again
    /// after a part of it was done does the rest.
    ///
    /// # Errors
    /// The database's.
    pub async fn copy(&self, from: SpaceId, to: SpaceId) -> Result<()> {
        for (table, columns) in [(system::CUSTOM_OBJECT, OBJECT), (system::CUSTOM_FIELD, FIELD)] {
            let exprs: Vec<Expr> = columns.iter().map(|(name, kind)| Expr::column(name, *kind)).collect();
            let select = Select::new(from, table, exprs).order(Expr::column("id", Kind::Int), false);
            let columns: std::sync::Arc<[ColumnRef]> =
                columns.iter().map(|(name, kind)| ColumnRef::new(name, *kind)).collect();
            let rows = self.store.rows(select).await?;
            for rows in rows.chunks(PAGE) {
                let insert = |values: &Vec<Value>| Write::Insert {
                    table: table.into(),
                    columns: columns.clone(),
                    values: values.clone(),
                    on_conflict: OnConflict::Keep,
                    search: None,
                };
                let writes = rows.iter().map(insert).collect();
                self.store.commit(Batch { space: to, writes }).await?;
            }
        }
        self.raise(to).await?;
        let catalog = self.catalogs.reload(to).await?;
        for def in catalog.objects() {
            for field in def.fields.iter().filter(|field| field.custom && !field.retired) {
                self.ensure_indexes(to, def, field).await?;
            }
        }
        Ok(())
    }

    /// Raises the space's metadata version, so that every process reads its metadata anew.
    ///
    /// # Errors
    /// The database's.
    pub async fn raise(&self, space: SpaceId) -> Result<()> {
        let mut batch = Batch::new(space);
        if stored::version(&*self.store, space).await? == 0 {
            batch.insert(
                system::CATALOG_VERSION,
                vec![("name", Kind::Text, "catalog".into()), ("version", Kind::Int, 1.into())],
            );
        } else {
            batch.writes.push(Write::Update {
                table: system::CATALOG_VERSION.into(),
                keys: vec![key("name", Kind::Text, "catalog")],
                set: vec![(ColumnRef::new("version", Kind::Int), Set::Add(1))],
                must: true,
                search: None,
            });
        }
        self.store.commit(batch).await.map_err(Into::into)
    }

    /// Drops the indexes that keep the space's own fields unique, which no other space has.
    ///
    /// # Errors
    /// The database's.
    pub async fn drop_indexes(&self, space: SpaceId) -> Result<()> {
        let catalog = self.catalogs.reload(space).await?;
        for def in catalog.objects() {
            for field in def.fields.iter().filter(|field| field.custom && field.unique) {
                if let Some(index) = tables::custom_unique_index(def, field, space) {
                    self.store.drop_index(index.name).await?;
                }
            }
        }
        Ok(())
    }
}
