//! Fields of standard and of custom objects.

use std::sync::Arc;

use kontor_model::{Error, ErrorCode, Fault, Field, FieldType, Id, Json, Kind, Op, Result, SpaceId, Value};
use kontor_store::system::{self, key};
use kontor_store::{Batch, ColumnRef, Cond, Expr, Select, Set, Which, Write};

use super::checks::*;
use super::{FieldPatch, Metadata, find, object_definition, planned, update_definition};
use crate::wire::{self, field_definition};
use crate::{Catalog, ObjectDef, tables};

impl Metadata {
    /// Adds a field to a standard or custom object.
    ///
    /// # Errors
    /// All faults of the definition; 404001 for an object that is not there.
    pub async fn create_field(
        &self,
        space: SpaceId,
        object: &str,
        body: &Json,
        also: Vec<Write>,
    ) -> Result<(Arc<ObjectDef>, String)> {
        let fields = wire::field_from_json(body)?;
        let (catalog, mut custom) = self.current(space).await?;
        let version = catalog.version;
        let def = find(&catalog, object)?;
        let mut faults = Vec::new();
        check_fields(&catalog, def, &fields, &mut faults);
        if !faults.is_empty() {
            return Err(Error::from_faults(faults));
        }
        let mut batch = Batch { space, writes: also };
        for field in &fields {
            let taken = |k: &str| custom.fields.iter().any(|f| f.object == def.name && f.storage_key == k);
            let storage_key =
                if taken(&field.name) { format!("{}_{}", field.name, self.ids.next()) } else { field.name.clone() };
            self.insert_field(&mut batch, &def.key, &storage_key, field);
            custom.fields.push(planned(&def.name, &storage_key, field));
        }
        self.holds(space, custom)?;
        self.commit(batch, version).await?;
        let catalog = self.catalogs.reload(space).await?;
        let def = catalog.require(&def.name)?.clone();
        for field in def.fields.iter().filter(|f| f.custom && fields.iter().any(|new| new.name == f.name)) {
            self.ensure_indexes(space, &def, field).await?;
        }
        let first = fields.first().map(|f| f.name.clone()).unwrap_or_default();
        Ok((def, first))
    }

    /// Changes a field: `name` (its data are kept), `label`, `description`, `required`, `default`, `indexed`, `unique`,
    /// `searched`, `values` (none that records have may go), `max` and `min`, `retired`.
    ///
    /// # Errors
    /// 400001 for what cannot be changed; 409001 with the offending records when values are not unique; 422000.
    pub async fn patch_field(
        &self,
        space: SpaceId,
        object: &str,
        field: &str,
        patch: &FieldPatch,
        also: Vec<Write>,
    ) -> Result<(Arc<ObjectDef>, String)> {
        let (catalog, custom) = self.current(space).await?;
        let version = catalog.version;
        let def = find(&catalog, object)?;
        // A retired field and its successor may have one name: the one in use is meant.
        let stored = custom
            .fields
            .iter()
            .filter(|f| f.object == def.name)
            .filter(|f| f.field.name == field || f.field.ty.as_reference().is_some_and(|r| r.relation == field))
            .min_by_key(|f| f.field.retired)
            .ok_or_else(|| match def.fields.iter().any(|f| f.name == field) {
                true => Error::new(
                    ErrorCode::RuleRefused,
                    format!("{field} is a standard field; only fields made here can be changed"),
                ),
                false => Error::new(ErrorCode::NotFound, format!("{} has no custom field \"{field}\"", def.name)),
            })?;
        let patched = self.patched(space, &catalog, def, &stored.field, patch).await?;
        let retired = match patch.get("retired") {
            None => stored.field.retired,
            Some(Json::Bool(b)) => *b,
            Some(_) => return Err(Fault::new("retired", "type", "must be true or false").into()),
        };
        let placed =
            Field { place: kontor_model::Place::Json(stored.storage_key.clone()), custom: true, ..patched.clone() };
        let mut planned = custom.clone();
        for other in planned.fields.iter_mut().filter(|f| f.id == stored.id) {
            other.field = Field { retired, ..patched.clone() };
        }
        let mut batch = Batch { space, writes: also };
        if def.custom && def.name_field == stored.field.name && patched.name != stored.field.name {
            for named in planned.objects.iter_mut().filter(|o| o.key == def.key) {
                named.name_field.clone_from(&patched.name);
                batch.writes.push(update_definition(
                    system::CUSTOM_OBJECT,
                    "name",
                    &def.key,
                    &object_definition(named).to_string(),
                ));
            }
        }
        self.holds(space, planned)?;
        let made_unique = placed.unique && !stored.field.unique;
        if made_unique {
            self.make_unique(space, def, &placed).await?;
        }
        let retired_at = if retired { Value::Int(kontor_model::id::made_at(self.ids.next())) } else { Value::Null };
        batch.writes.push(Write::Update {
            table: system::CUSTOM_FIELD.into(),
            keys: vec![key("id", Kind::Int, stored.id)],
            set: vec![
                (
                    ColumnRef::new("definition", Kind::Json),
                    Set::To(Value::Json(field_definition(&patched).to_string())),
                ),
                (ColumnRef::new("retired_at", Kind::Int), Set::To(retired_at)),
            ],
            must: true,
            search: None,
        });
        let committed = self.commit(batch, version).await;
        if (committed.is_err() && made_unique || committed.is_ok() && stored.field.unique && !placed.unique)
            && let Some(index) = tables::custom_unique_index(def, &placed, space)
        {
            self.store.drop_index(index.name).await?;
        }
        committed?;
        let catalog = self.catalogs.reload(space).await?;
        let def = catalog.require(&def.name)?.clone();
        if let Some(field) = def.fields.iter().find(|f| f.custom && f.name == patched.name) {
            self.ensure_indexes(space, &def, field).await?;
        }
        Ok((def, patched.name))
    }

    /// Retires a field: no longer shown or accepted; its data stay and come back with `{"retired": false}`.
    ///
    /// # Errors
    /// As [`Metadata::patch_field`].
    pub async fn retire_field(
        &self,
        space: SpaceId,
        object: &str,
        field: &str,
        also: Vec<Write>,
    ) -> Result<Arc<ObjectDef>> {
        let patch = Json::Object(vec![("retired".into(), Json::Bool(true))]);
        self.patch_field(space, object, field, &patch, also).await.map(|(def, _)| def)
    }

    async fn patched(
        &self,
        space: SpaceId,
        catalog: &Catalog,
        def: &ObjectDef,
        field: &Field,
        patch: &FieldPatch,
    ) -> Result<Field> {
        const CHANGEABLE: &[&str] = &[
            "name",
            "label",
            "description",
            "required",
            "default",
            "indexed",
            "unique",
            "searched",
            "values",
            "max",
            "min",
            "retired",
        ];
        let members =
            patch.as_object().ok_or_else(|| Error::new(ErrorCode::Malformed, "the body must be an object"))?;
        let mut faults = Vec::new();
        for fixed in ["type", "object", "scale"].iter().filter(|k| patch.get(k).is_some()) {
            faults.push(Fault::new(*fixed, "not_allowed", "cannot be changed; make a new field and move the data"));
        }
        let patch_without_fixed = Json::Object(
            members.iter().filter(|(k, _)| !matches!(k.as_str(), "type" | "object" | "scale")).cloned().collect(),
        );
        wire::unknown_keys(&patch_without_fixed, CHANGEABLE, &mut faults);
        if !faults.is_empty() {
            return Err(Error::from_faults(faults));
        }
        let mut merged = field_definition(field);
        for (key, value) in members.iter().filter(|(k, _)| k != "retired") {
            wire::set(&mut merged, key, value);
        }
        let patched = wire::stored_field(&Json::from(&merged))?;
        if patched.name != field.name {
            check_fields(catalog, def, std::slice::from_ref(&patched), &mut faults);
            if !faults.is_empty() {
                return Err(Error::from_faults(faults));
            }
        }
        if let (FieldType::Enum(old), FieldType::Enum(new)) = (&field.ty, &patched.ty) {
            let gone: Vec<String> = old.values.iter().filter(|v| !new.values.contains(v)).cloned().collect();
            if !gone.is_empty()
                && let Some((index, _)) = def.field(&def.path(field))
                && let Some(expr) = def.expr(index, 0)
            {
                let mut used =
                    Select::new(space, def.table_name().clone(), vec![Expr::column("id", Kind::Int)]).limit(5);
                used.from = def.source(Which::All);
                let used = used.filter(Cond::Test { left: expr, op: Op::In, right: Value::Texts(gone.clone()) });
                let ids: Vec<Id> =
                    self.store.rows(used).await?.iter().filter_map(|r| r.first()?.as_i64().map(Id)).collect();
                if !ids.is_empty() {
                    let detail =
                        format!("records still have a value that would go ({}); change them first", gone.join(", "));
                    return Err(Error::new(ErrorCode::RuleRefused, detail).with_ids(ids));
                }
            }
        }
        Ok(patched)
    }
}
