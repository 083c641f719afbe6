//! Declarations become one immutable catalog per space, in named stages; everything above asks the catalog and never
//! a declaration.
//!
//! `stages::merge` (standard + custom) → `stages::common` (fields that every record has) → `stages::companions`
//! (second values) → `stages::references` (targets exist) → [`ObjectDef`] (columns, shape, look-ups).

mod hub;
mod metadata;
mod object;
mod stages;
mod stored;
mod tables;
mod wire;

use std::collections::HashMap;
use std::sync::Arc;

pub use hub::Catalogs;
pub use metadata::{FieldPatch, Metadata, ObjectPatch};
pub use object::{ObjectDef, Slot};
pub use stored::CustomField;
pub use tables::{SCHEMA_VERSION, schema};
pub use wire::{TYPES as FIELD_TYPES, field_from_json, field_json, object_from_json, object_json};

use kontor_model::{Error, ErrorCode, Field, Object, Result, SpaceId};

/// All objects of a space, resolved; never changes, only is replaced.
#[derive(Debug)]
pub struct Catalog {
    pub space: SpaceId,
    /// Raised by every change of the space's metadata.
    pub version: i64,
    objects: Vec<Arc<ObjectDef>>,
    by_name: HashMap<String, usize>,
    by_plural: HashMap<String, usize>,
}

impl Catalog {
    /// Resolves the standard objects together with a space's own.
    ///
    /// # Errors
    /// A declaration that contradicts itself or another; the text names both.
    pub fn resolve(space: SpaceId, version: i64, standard: &[Object], custom: stored::Custom) -> Result<Self, String> {
        let objects = stages::merge(standard, custom)?;
        let objects = stages::common(objects);
        let objects = stages::companions(objects);
        stages::references(&objects)?;
        let objects: Vec<Arc<ObjectDef>> =
            objects.into_iter().map(|o| ObjectDef::build(o, space).map(Arc::new)).collect::<Result<_, _>>()?;
        let by =
            |key: fn(&ObjectDef) -> &String| objects.iter().enumerate().map(|(i, o)| (key(o).clone(), i)).collect();
        Ok(Self { space, version, by_name: by(|o| &o.name), by_plural: by(|o| &o.plural), objects })
    }

    /// The same without the fields that `hidden` names: their data stay, and nothing leads to them.
    #[must_use]
    pub fn without(&self, hidden: impl Fn(&ObjectDef, &Field) -> bool) -> Self {
        let objects = self.objects.iter().map(|def| {
            let fields: Vec<bool> = def.fields.iter().map(|field| !field.retired && hidden(def, field)).collect();
            if fields.contains(&true) {
                def.without(&fields, self.space).map_or_else(|_| def.clone(), Arc::new)
            } else {
                def.clone()
            }
        });
        Self {
            space: self.space,
            version: self.version,
            objects: objects.collect(),
            by_name: self.by_name.clone(),
            by_plural: self.by_plural.clone(),
        }
    }

    pub fn objects(&self) -> impl Iterator<Item = &Arc<ObjectDef>> {
        self.objects.iter()
    }

    /// The object called `name` (singular).
    pub fn object(&self, name: &str) -> Option<&Arc<ObjectDef>> {
        self.by_name.get(name).and_then(|i| self.objects.get(*i))
    }

    /// The object behind a collection (plural).
    pub fn collection(&self, plural: &str) -> Option<&Arc<ObjectDef>> {
        self.by_plural.get(plural).and_then(|i| self.objects.get(*i))
    }

    /// As [`Catalog::object`], with the answer that a caller gets.
    ///
    /// # Errors
    /// 400002 naming the nearest object.
    pub fn require(&self, name: &str) -> Result<&Arc<ObjectDef>> {
        self.object(name).ok_or_else(|| {
            let hint = kontor_model::name::hint(name, self.by_name.keys().map(String::as_str));
            Error::new(ErrorCode::UnknownField, format!("there is no object \"{name}\"{hint}"))
        })
    }
}
