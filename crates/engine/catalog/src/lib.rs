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
pub mod versions;
mod wire;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

pub use hub::Catalogs;
pub use metadata::{FieldPatch, Metadata, ObjectPatch};
pub use object::{ObjectDef, Slot};
pub use stored::CustomField;
pub use tables::{SCHEMA_VERSION, schema};
pub use wire::{TYPES as FIELD_TYPES, field_from_json, field_json, object_from_json, object_json};

use kontor_model::{ApiVersion, Error, ErrorCode, Object, Result, SpaceId};

/// All objects of a space, resolved; never changes, only is replaced.
#[derive(Debug)]
pub struct Catalog {
    pub space: SpaceId,
    /// Raised by every change of the space's metadata.
    pub version: i64,
    objects: Vec<Arc<ObjectDef>>,
    by_name: HashMap<String, usize>,
    by_plural: HashMap<String, usize>,
    api: ApiVersion,
    /// How later versions of the API show it, by their place in [`ApiVersion::ALL`]; made when first asked for.
    views: [OnceLock<Arc<Catalog>>; ApiVersion::ALL.len()],
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
        Ok(Self::of(space, version, ApiVersion::V1, objects))
    }

    pub(crate) fn of(space: SpaceId, version: i64, api: ApiVersion, objects: Vec<Arc<ObjectDef>>) -> Self {
        let by =
            |key: fn(&ObjectDef) -> &String| objects.iter().enumerate().map(|(i, o)| (key(o).clone(), i)).collect();
        let (by_name, by_plural) = (by(|o| &o.name), by(|o| &o.plural));
        Self { space, version, by_name, by_plural, objects, api, views: Default::default() }
    }

    /// The version of the API whose words it speaks.
    pub fn api(&self) -> ApiVersion {
        self.api
    }

    /// The catalog in the words of a version of the API (api.md 9); ask the catalog of version 1, as
    /// [`Catalogs::get`] gives it.
    ///
    /// # Errors
    /// 500000 for changes that contradict the declarations, which a test looks for.
    pub fn seen(self: &Arc<Self>, version: ApiVersion) -> Result<Arc<Self>> {
        if version == self.api {
            return Ok(self.clone());
        }
        let place = ApiVersion::ALL.iter().position(|v| *v == version).and_then(|i| self.views.get(i));
        let Some(place) = place.filter(|_| self.api == ApiVersion::V1) else {
            return Err(Error::internal("a view of a view was asked for"));
        };
        if let Some(view) = place.get() {
            return Ok(view.clone());
        }
        let view = Arc::new(versions::view(self, version).map_err(Error::internal)?);
        Ok(place.get_or_init(|| view).clone())
    }

    /// The same without the fields that `hidden` names: their data stay, and nothing leads to them.
    #[must_use]
    pub fn without(&self, hidden: impl Fn(&ObjectDef, usize) -> bool) -> Self {
        let fields = |def: &ObjectDef| -> Vec<bool> {
            def.fields.iter().enumerate().map(|(i, field)| !field.retired && hidden(def, i)).collect()
        };
        let objects = self.objects.iter().map(|def| {
            let fields = fields(def);
            if fields.contains(&true) {
                def.without(&fields, self.space).map_or_else(|_| def.clone(), Arc::new)
            } else {
                def.clone()
            }
        });
        Self::of(self.space, self.version, self.api, objects.collect())
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
