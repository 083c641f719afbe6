//! Objects of a space's own.

use std::sync::Arc;

use kontor_model::{Error, ErrorCode, Fault, Field, FieldType, Json, Kind, Object, Result, SpaceId, Value};
use kontor_store::system::{self, key};
use kontor_store::{Batch, ColumnRef, Set, Write};

use super::checks::*;
use super::{Metadata, ObjectPatch, find, object_definition, planned, update_definition};
use crate::ObjectDef;
use crate::wire::{self, field_definition};

impl Metadata {
    /// Makes an object with its fields; `also` is committed with it (audit, idempotency).
    ///
    /// # Errors
    /// All faults of the definition, or 409001 when the name is taken.
    pub async fn create_object(&self, space: SpaceId, body: &Json, also: Vec<Write>) -> Result<Arc<ObjectDef>> {
        let object = wire::object_from_json(body)?;
        let (catalog, mut custom) = self.current(space).await?;
        let version = catalog.version;
        let mut faults = Vec::new();
        if catalog.objects().filter(|o| o.custom).count() >= MAX_OBJECTS {
            faults.push(Fault::new(
                "name",
                "too_many",
                format!("a space has at most {MAX_OBJECTS} objects of its own"),
            ));
        }
        for (field, value) in [("name", &object.name), ("plural", &object.plural)] {
            let taken = catalog.objects().any(|o| o.name == *value || o.plural == *value);
            if RESERVED.contains(&value.as_str()) || taken {
                faults.push(
                    Fault::coded(field, ErrorCode::NotUnique, "is taken by another object or address")
                        .value(value.clone()),
                );
            }
        }
        check_fields(&catalog, &object, &object.fields, &mut faults);
        if !object.fields.iter().any(|f| f.name == object.name_field) && object.name_field != "id" {
            faults.push(
                Fault::new("name_field", "unknown", "must name one of the fields").value(object.name_field.clone()),
            );
        }
        if !faults.is_empty() {
            return Err(Error::from_faults(faults));
        }
        // A name may come back after its object was retired; the key of its rows may not.
        let key_of_rows = if self.key_is_taken(space, &object.name).await? {
            format!("{}_{}", object.name, self.ids.next())
        } else {
            object.name.clone()
        };
        let mut batch = Batch { space, writes: also };
        batch.insert(
            system::CUSTOM_OBJECT,
            vec![
                ("id", Kind::Int, self.ids.next().0.into()),
                ("name", Kind::Text, key_of_rows.clone().into()),
                ("definition", Kind::Json, Value::Json(object_definition(&object).to_string())),
            ],
        );
        for field in &object.fields {
            self.insert_field(&mut batch, &key_of_rows, &field.name, field);
            custom.fields.push(planned(&object.name, &field.name, field));
        }
        custom.objects.push(Object { key: key_of_rows, ..object.clone() });
        self.holds(space, custom)?;
        self.commit(batch, version).await?;
        let catalog = self.catalogs.reload(space).await?;
        let def = catalog.require(&object.name)?.clone();
        for field in def.fields.iter().filter(|f| f.custom) {
            self.ensure_indexes(space, &def, field).await?;
        }
        Ok(def)
    }

    /// Changes an object's `name`, `plural`, `label`, `description` or `name_field`.
    ///
    /// # Errors
    /// 422000 for a standard object, 409001 for a name that is taken.
    pub async fn patch_object(
        &self,
        space: SpaceId,
        object: &str,
        patch: &ObjectPatch,
        also: Vec<Write>,
    ) -> Result<Arc<ObjectDef>> {
        let (catalog, mut custom) = self.current(space).await?;
        let version = catalog.version;
        let def = find(&catalog, object)?;
        if !def.custom {
            return Err(Error::new(
                ErrorCode::RuleRefused,
                format!("{} is a standard object; only objects made here can be changed", def.name),
            ));
        }
        let mut merged =
            serde_json::from_str::<serde_json::Value>(&object_definition(def).to_string()).unwrap_or_default();
        let members =
            patch.as_object().ok_or_else(|| Error::new(ErrorCode::Malformed, "the body must be an object"))?;
        for (key, value) in members.iter().filter(|(k, _)| k != "fields") {
            wire::set(&mut merged, key, value);
        }
        let renamed = wire::object_from_json(&Json::from(&merged))?;
        for (field, value) in [("name", &renamed.name), ("plural", &renamed.plural)] {
            let taken = catalog.objects().any(|o| o.name != def.name && (o.name == *value || o.plural == *value));
            if RESERVED.contains(&value.as_str()) || taken {
                return Err(Fault::coded(field, ErrorCode::NotUnique, "is taken by another object or address")
                    .value(value.clone())
                    .into());
            }
        }
        if def.field(&renamed.name_field).is_none() {
            return Err(Fault::new("name_field", "unknown", "must name one of the fields")
                .value(renamed.name_field)
                .into());
        }
        let mut batch = Batch { space, writes: also };
        batch.writes.push(update_definition(
            system::CUSTOM_OBJECT,
            "name",
            &def.key,
            &object_definition(&renamed).to_string(),
        ));
        for object in custom.objects.iter_mut().filter(|o| o.key == def.key) {
            *object = Object { key: def.key.clone(), fields: Vec::new(), ..renamed.clone() };
        }
        for stored in &mut custom.fields {
            if stored.object == def.name {
                stored.object.clone_from(&renamed.name);
            }
            let Some(reference) =
                stored.field.ty.as_reference().filter(|r| r.object == def.name && def.name != renamed.name)
            else {
                continue;
            };
            let moved = Field {
                ty: FieldType::Reference(kontor_model::Reference { object: renamed.name.clone(), ..reference.clone() }),
                ..stored.field.clone()
            };
            stored.field = moved.clone();
            batch.writes.push(Write::Update {
                table: system::CUSTOM_FIELD.into(),
                keys: vec![key("id", Kind::Int, stored.id)],
                set: vec![(
                    ColumnRef::new("definition", Kind::Json),
                    Set::To(Value::Json(field_definition(&moved).to_string())),
                )],
                must: true,
                search: None,
            });
        }
        self.holds(space, custom)?;
        self.commit(batch, version).await?;
        let catalog = self.catalogs.reload(space).await?;
        Ok(catalog.require(&renamed.name)?.clone())
    }

    /// Retires an object: its routes close, its rows stay.
    ///
    /// # Errors
    /// 422000 for a standard object or one that others refer to.
    pub async fn retire_object(&self, space: SpaceId, object: &str, also: Vec<Write>) -> Result<()> {
        let (catalog, _) = self.current(space).await?;
        let def = find(&catalog, object)?;
        if !def.custom {
            return Err(Error::new(
                ErrorCode::RuleRefused,
                format!("{} is a standard object; only objects made here can be retired", def.name),
            ));
        }
        for other in catalog.objects().filter(|o| o.name != def.name) {
            if let Some(field) =
                other.fields.iter().find(|f| !f.retired && f.ty.as_reference().is_some_and(|r| r.object == def.name))
            {
                return Err(Error::new(
                    ErrorCode::RuleRefused,
                    format!("{}.{} refers to it; retire that field first", other.name, field.name),
                ));
            }
        }
        let mut batch = Batch { space, writes: also };
        batch.writes.push(Write::Update {
            table: system::CUSTOM_OBJECT.into(),
            keys: vec![key("name", Kind::Text, def.key.as_str())],
            set: vec![(
                ColumnRef::new("retired_at", Kind::Int),
                Set::To(kontor_model::id::made_at(self.ids.next()).into()),
            )],
            must: true,
            search: None,
        });
        self.commit(batch, catalog.version).await?;
        self.catalogs.reload(space).await.map(|_| ())
    }
}
