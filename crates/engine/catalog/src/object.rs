//! An object as the engine uses it: its columns, the shape of its answers, and its names looked up.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use kontor_model::field::label;
use kontor_model::{ApiVersion, Field, Kind, Object, Place, Show, SpaceId, Value};
use kontor_store::{ColumnRef, Columns, CustomShape, Expr, Shape, ShapeField, Source, Which};

/// Where a field's value lies in a row of [`ObjectDef::columns`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slot {
    Column(usize),
    /// A key of the document in [`ObjectDef::custom_column`].
    Json(Arc<str>),
}

/// A resolved object. Its declaration's fields include the common ones and the second values.
#[derive(Debug)]
pub struct ObjectDef {
    object: Object,
    by_path: HashMap<String, usize>,
    relations: HashMap<String, usize>,
    slots: Vec<Slot>,
    /// Every stored column; `custom` and `deleted_at` are the last two.
    pub columns: Arc<[ColumnRef]>,
    /// The columns of an insert: the stored ones, and the discriminator where objects share a table.
    pub insert_columns: Arc<[ColumnRef]>,
    /// The columns as expressions, in the same order.
    pub exprs: Columns,
    /// A whole record as an answer, from [`ObjectDef::columns`]; keeps id and version.
    pub shape: Arc<Shape>,
    table: Arc<str>,
    discriminator: Option<Arc<str>>,
    unique_indexes: HashMap<String, usize>,
    /// Places of fields that a role does not see.
    hidden: Vec<bool>,
    api: ApiVersion,
    /// The same object in the words of version 1, when this is a view of it.
    native: Option<Arc<ObjectDef>>,
}

impl Deref for ObjectDef {
    type Target = Object;

    fn deref(&self) -> &Object {
        &self.object
    }
}

impl ObjectDef {
    pub(crate) fn build(object: Object, space: SpaceId) -> Result<Self, String> {
        let mut columns: Vec<ColumnRef> = Vec::new();
        let mut slots = Vec::with_capacity(object.fields.len());
        let mut by_path = HashMap::new();
        let mut relations = HashMap::new();
        let mut unique_indexes = HashMap::new();
        for (i, field) in object.fields.iter().enumerate() {
            slots.push(match &field.place {
                Place::Column(name) => {
                    columns.push(ColumnRef::new(name, field.kind()));
                    Slot::Column(columns.len() - 1)
                }
                Place::Json(key) => Slot::Json(key.as_str().into()),
            });
            if field.retired {
                continue;
            }
            let path = path_of(&object, field);
            if by_path.insert(path.clone(), i).is_some() {
                return Err(format!("object {} has two fields called {path}", object.name));
            }
            if let Some(reference) = field.ty.as_reference() {
                relations.insert(reference.relation.clone(), i);
            }
            if field.unique {
                unique_indexes.insert(crate::tables::unique_index_in(&object, field, space), i);
            }
        }
        columns.push(ColumnRef::new("custom", Kind::Json));
        columns.push(ColumnRef::new("deleted_at", Kind::Int));
        let exprs: Vec<Expr> =
            columns.iter().map(|c| Expr::Column { relation: 0, name: c.name.clone(), kind: c.kind }).collect();
        let table: Arc<str> = object.table.as_str().into();
        let discriminator = object.custom.then(|| Arc::from(object.key.as_str()));
        let mut insert_columns = columns.clone();
        if object.custom {
            insert_columns.push(ColumnRef::new("object", Kind::Text));
        }
        let mut def = Self {
            insert_columns: insert_columns.into(),
            by_path,
            relations,
            slots,
            columns: columns.into(),
            exprs: exprs.into(),
            shape: Arc::new(Shape::default()),
            table,
            discriminator,
            unique_indexes,
            hidden: Vec::new(),
            object,
            api: ApiVersion::V1,
            native: None,
        };
        def.shape = Arc::new(def.shape_of(|_| true));
        Ok(def)
    }

    /// The same object without some fields, which are given by their places.
    pub(crate) fn without(&self, hidden: &[bool], space: SpaceId) -> Result<Self, String> {
        let mut object = self.object.clone();
        for (field, hidden) in object.fields.iter_mut().zip(hidden) {
            field.retired |= hidden;
        }
        let (api, native) = (self.api, self.native.clone());
        Ok(Self { hidden: hidden.to_vec(), api, native, ..Self::build(object, space)? })
    }

    /// Whether a role's view of the object lacks this field.
    pub fn is_hidden(&self, field: usize) -> bool {
        self.hidden.get(field).copied().unwrap_or_default()
    }

    /// Fields that are there for the role of this view, retired ones included.
    pub fn known(&self) -> impl Iterator<Item = &Field> {
        self.object.fields.iter().enumerate().filter(|(i, _)| !self.is_hidden(*i)).map(|(_, field)| field)
    }

    /// The path of the field that keeps the second value of the one at `path`.
    pub fn companion_path(&self, path: &str) -> Option<String> {
        let (index, field) = self.field(path)?;
        let name = field.companion()?;
        self.object.fields.get(index + 1).filter(|second| second.name == name).map(|second| self.path(second))
    }

    /// A field's path in the words of version 1, which rules of roles use.
    pub fn native_path(&self, field: usize) -> Option<String> {
        let native = self.native();
        native.fields.get(field).map(|field| native.path(field))
    }

    pub(crate) fn seen_as(&mut self, api: ApiVersion, native: Arc<ObjectDef>) {
        self.api = api;
        self.native = Some(native);
    }

    /// The version of the API whose words it speaks.
    pub fn api(&self) -> ApiVersion {
        self.api
    }

    /// The object in the words that audit entries, events and the code's own rules use: version 1's. Its fields have
    /// the same positions.
    pub fn native(&self) -> &ObjectDef {
        self.native.as_deref().unwrap_or(self)
    }

    /// The field that a caller's path means: `city`, or `custom.score`.
    pub fn field(&self, path: &str) -> Option<(usize, &Field)> {
        let index = *self.by_path.get(path)?;
        self.object.fields.get(index).map(|f| (index, f))
    }

    /// The reference that is expanded as `relation`.
    pub fn relation(&self, relation: &str) -> Option<(usize, &Field)> {
        let index = *self.relations.get(relation)?;
        self.object.fields.get(index).map(|f| (index, f))
    }

    /// Whether a field's value can stand for a record: it is unique, or an indexed e-mail address (which two records
    /// may share; then it stands for neither).
    pub fn is_key(field: &Field) -> bool {
        field.unique || field.name == "id" || (field.indexed && field.spec().name() == "email")
    }

    /// Names of all references.
    pub fn relations(&self) -> impl Iterator<Item = &str> {
        self.relations.keys().map(String::as_str)
    }

    /// Every path that a caller may use.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.by_path.keys().map(String::as_str)
    }

    /// A field's path as a caller writes it.
    pub fn path(&self, field: &Field) -> String {
        path_of(&self.object, field)
    }

    /// Fields that are shown, in order, with their places.
    pub fn shown(&self) -> impl Iterator<Item = (usize, &Field)> {
        self.object.fields.iter().enumerate().filter(|(_, f)| !f.retired)
    }

    pub fn slot(&self, field: usize) -> Option<&Slot> {
        self.slots.get(field)
    }

    /// The position of `custom` in [`ObjectDef::columns`].
    pub fn custom_column(&self) -> usize {
        self.columns.len() - 2
    }

    /// The position of `deleted_at` in [`ObjectDef::columns`].
    pub fn deleted_column(&self) -> usize {
        self.columns.len() - 1
    }

    pub fn table_name(&self) -> &Arc<str> {
        &self.table
    }

    /// Its rows in the store.
    pub fn source(&self, which: Which) -> Source {
        Source { table: self.table.clone(), object: self.discriminator.clone(), which }
    }

    /// A field as an expression over relation `relation`.
    pub fn expr(&self, field: usize, relation: usize) -> Option<Expr> {
        let kind = self.object.fields.get(field)?.kind();
        Some(match self.slots.get(field)? {
            Slot::Column(column) => Expr::Column { relation, name: self.columns.get(*column)?.name.clone(), kind },
            Slot::Json(key) => Expr::Json { relation, key: key.clone(), kind },
        })
    }

    /// The field whose unique index is called `index`.
    pub fn unique_field(&self, index: &str) -> Option<&Field> {
        self.unique_indexes.get(index).and_then(|i| self.object.fields.get(*i))
    }

    /// Whether rows of this object carry full text.
    pub fn is_searched(&self) -> bool {
        self.object.custom || self.object.fields.iter().any(|f| f.searched && !f.custom)
    }

    /// The shape of an answer with the fields that `wanted` says, always with id.
    pub fn shape_of(&self, wanted: impl Fn(&Field) -> bool) -> Shape {
        let mut head = b"\"object\":".to_vec();
        kontor_model::show::write_string(&self.object.name, &mut head);
        let mut shape = Shape { head: head.into(), ..Shape::default() };
        let mut custom = Vec::new();
        for (i, field) in self.shown().filter(|(_, f)| f.name == "id" || wanted(f)) {
            match self.slots.get(i) {
                Some(Slot::Column(column)) => {
                    shape.fields.push(ShapeField::new(*column, &field.name, field.spec().show()))
                }
                Some(Slot::Json(key)) => {
                    custom.push((
                        key.to_string(),
                        ShapeField::new(0, &field.name, field.spec().show()).key,
                        field.spec().show(),
                    ));
                }
                None => {}
            }
        }
        if !custom.is_empty() {
            shape.custom =
                Some(CustomShape { column: self.custom_column(), fields: custom, nested: !self.object.custom });
        } else if !self.object.custom && wanted(&Field::new("custom", kontor_model::FieldType::json())) {
            shape.custom = Some(CustomShape { column: self.custom_column(), fields: Vec::new(), nested: true });
        }
        shape.keep = vec![(0, Kind::Int), (1, Kind::Int)];
        shape
    }

    /// How a field's value is written.
    pub fn show(&self, field: usize) -> Show {
        self.object.fields.get(field).map_or(Show::Json, |f| f.spec().show())
    }

    /// The position of a common field's column (`id`, `version`, …).
    pub fn column_of(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| &*c.name == name)
    }

    /// A row's values by field, from its columns.
    pub fn fields_of_row(&self, row: &[Value]) -> Vec<Value> {
        let custom: serde_json::Map<String, serde_json::Value> = row
            .get(self.custom_column())
            .and_then(Value::as_str)
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        self.slots
            .iter()
            .zip(&self.object.fields)
            .map(|(slot, field)| match slot {
                Slot::Column(column) => row.get(*column).cloned().unwrap_or_default(),
                Slot::Json(key) => custom.get(&**key).map_or(Value::Null, |json| from_stored(json, field.kind())),
            })
            .collect()
    }

    /// A row's columns, from its values by field; `deleted_at` is null.
    pub fn row_of_fields(&self, values: &[Value]) -> Vec<Value> {
        let mut row = vec![Value::Null; self.columns.len()];
        let mut custom = serde_json::Map::new();
        for (slot, value) in self.slots.iter().zip(values) {
            match slot {
                Slot::Column(column) => {
                    if let Some(cell) = row.get_mut(*column) {
                        *cell = value.clone();
                    }
                }
                Slot::Json(key) => {
                    if let Some(json) = to_stored(value) {
                        custom.insert(key.to_string(), json);
                    }
                }
            }
        }
        if let Some(cell) = row.get_mut(self.custom_column()) {
            *cell = if custom.is_empty() {
                Value::Null
            } else {
                Value::Json(serde_json::Value::Object(custom).to_string())
            };
        }
        row
    }
}

fn path_of(object: &Object, field: &Field) -> String {
    if field.custom && !object.custom { format!("custom.{}", field.name) } else { field.name.clone() }
}

fn to_stored(value: &Value) -> Option<serde_json::Value> {
    Some(match value {
        Value::Null | Value::Bytes(_) | Value::Ints(_) | Value::Texts(_) => return None,
        Value::Bool(b) => (*b).into(),
        Value::Int(n) => (*n).into(),
        Value::Text(text) => text.clone().into(),
        Value::Json(text) => serde_json::from_str(text).unwrap_or_default(),
    })
}

fn from_stored(json: &serde_json::Value, kind: Kind) -> Value {
    match (kind, json) {
        (_, serde_json::Value::Null) => Value::Null,
        (Kind::Json, json) => Value::Json(json.to_string()),
        (Kind::Bool, json) => json.as_bool().map_or(Value::Null, Value::Bool),
        (Kind::Int, json) => json.as_i64().map_or(Value::Null, Value::Int),
        (_, serde_json::Value::String(text)) => Value::Text(text.clone()),
        (_, json) => Value::Text(json.to_string()),
    }
}

/// A label for an object made at run time that gave none.
pub(crate) fn default_label(name: &str) -> String {
    label(name)
}
