//! The schemas of one object.

use kontor_catalog::{Catalog, ObjectDef};
use kontor_model::Field;
use serde_json::{Map, Value as J, json};

use super::actions::{self, Known};
use super::names::{Names, pascal};
use super::{reference, samples, set, values};

/// What an object's schemas are called.
#[derive(Debug, Clone)]
pub struct Schemas {
    /// `Contact`; every other name begins with it.
    pub record: String,
}

/// The parts of an object that have a schema of their own, behind the object's name.
pub const PARTS: &[&str] =
    &["Create", "Replace", "Update", "Answer", "List", "Filter", "Sort", "Path", "Relation", "Search", "Batch", "Line"];

impl Schemas {
    /// Finds a name that leaves all parts free.
    pub fn claim(def: &ObjectDef, names: &mut Names) -> Self {
        let stem = pascal(&def.name);
        let mut record = stem.clone();
        let mut number = 2;
        while names.has(&record) || PARTS.iter().any(|part| names.has(&format!("{record}{part}"))) {
            record = format!("{stem}_{number}");
            number += 1;
        }
        names.claim(&record);
        for part in PARTS {
            names.claim(&format!("{record}{part}"));
        }
        Self { record }
    }

    /// A reference to one of the parts; empty for the record itself.
    pub fn part(&self, part: &str) -> J {
        reference("schemas", &format!("{}{part}", self.record))
    }
}

/// Members of a body or answer, custom ones nested where the object is a standard one.
struct Members {
    own: Map<String, J>,
    custom: Map<String, J>,
    required: Vec<String>,
    required_custom: Vec<String>,
}

impl Members {
    fn of<'a>(
        def: &ObjectDef,
        fields: impl Iterator<Item = &'a Field>,
        schema: fn(&Field) -> J,
        must: fn(&Field) -> bool,
    ) -> Self {
        let mut members =
            Self { own: Map::new(), custom: Map::new(), required: Vec::new(), required_custom: Vec::new() };
        for field in fields {
            let nested = field.custom && !def.custom;
            let (into, required) = if nested {
                (&mut members.custom, &mut members.required_custom)
            } else {
                (&mut members.own, &mut members.required)
            };
            into.insert(field.name.clone(), schema(field));
            if must(field) {
                required.push(field.name.clone());
            }
        }
        members
    }

    fn body(mut self, def: &ObjectDef, description: String) -> J {
        if !def.custom {
            let mut custom = json!({"type": ["object", "null"], "additionalProperties": false, "properties": self.custom, "description": "Custom fields."});
            if !self.required_custom.is_empty() {
                set(&mut custom, "required", json!(self.required_custom));
                set(&mut custom, "type", json!("object"));
                self.required.push("custom".into());
            }
            self.own.insert("custom".into(), custom);
        }
        self.own.entry("object").or_insert_with(
            || json!({"type": "string", "const": def.name, "description": "May be sent as it was read."}),
        );
        let mut schema = json!({"type": "object", "additionalProperties": false, "properties": self.own, "description": description});
        if !self.required.is_empty() {
            set(&mut schema, "required", json!(self.required));
        }
        schema
    }
}

/// Adds the schemas of `def` to the document's.
pub fn add(catalog: &Catalog, def: &ObjectDef, names: &Schemas, known: &Known, out: &mut Map<String, J>) {
    let mut put = |part: &str, mut schema: J| {
        let is_request = matches!(part, "Create" | "Replace" | "Update");
        if let Some(lines) = actions::lines(def, known, is_request).filter(|_| is_request || part.is_empty())
            && let Some(members) = schema.get_mut("properties").and_then(J::as_object_mut)
        {
            members.insert("lines".into(), lines);
        }
        out.insert(format!("{}{part}", names.record), schema)
    };
    put("", record(def));
    let sent = || def.shown().map(|(_, f)| f).filter(|f| !f.read_only);
    let label = def.label.to_lowercase();
    let mut create = Members::of(def, sent(), values::request, values::must_send).body(def, format!("A new {label}."));
    set(&mut create, "examples", json!([samples::create(def, 1)]));
    put("Create", create);
    let about = format!("A whole {label}; what is left out becomes null or its default, the owner stays.");
    let mut replace = Members::of(def, sent(), values::request, values::must_send).body(def, about);
    set(&mut replace, "examples", json!([samples::create(def, 2)]));
    put("Replace", replace);
    let about = format!("A merge patch (RFC 7396) of a {label}: what is left out stays, null empties.");
    let mut update = Members::of(def, sent(), values::request, |_| false).body(def, about);
    set(&mut update, "examples", json!([samples::patch(def)]));
    put("Update", update);
    put("Answer", envelope(names.part("")));
    put("List", list(names.part("")));
    put("Filter", filter(catalog, def));
    put("Sort", sort(catalog, def));
    put(
        "Path",
        json!({"type": "string", "enum": paths(def, |_| true), "description": "A field to answer with; id and object are always there."}),
    );
    let mut relations: Vec<&str> = def.relations().chain(def.lines.is_some().then_some("lines")).collect();
    relations.sort_unstable();
    put(
        "Relation",
        json!({"type": "string", "enum": relations, "description": "A reference to answer with as a record."}),
    );
    put("Search", search(names));
    put("Batch", batch(def, names));
    if let Some(parent) = line_of(catalog, def) {
        put("Line", line(def, &parent));
    }
}

/// The reference to the document whose lines these are.
fn line_of(catalog: &Catalog, def: &ObjectDef) -> Option<String> {
    let (_, field) = def.relation(def.part_of.as_deref()?)?;
    let document = catalog.object(&field.ty.as_reference()?.object)?;
    (document.lines.as_deref() == Some(def.name.as_str())).then(|| field.name.clone())
}

/// A line as it is sent with its document.
fn line(def: &ObjectDef, parent: &str) -> J {
    let sent = def.shown().map(|(_, f)| f).filter(|f| !f.read_only && f.name != parent);
    let mut schema = Members::of(def, sent, values::request, values::must_send)
        .body(def, format!("A {} of its document.", def.label.to_lowercase()));
    if let Some(members) = schema.get_mut("properties").and_then(J::as_object_mut) {
        members.insert("id".into(), values::nullable(reference("schemas", "Id")));
    }
    schema
}

/// `{status, data, meta}` of one thing.
pub fn envelope(data: J) -> J {
    json!({"type": "object", "required": ["status", "data", "meta"],
        "properties": {"status": {"type": "integer"}, "data": data, "meta": reference("schemas", "Meta")}})
}

/// `{status, data, meta}` of a page.
pub fn list(item: J) -> J {
    json!({"type": "object", "required": ["status", "data", "meta"],
        "properties": {"status": {"type": "integer"}, "data": {"type": "array", "items": item}, "meta": reference("schemas", "ListMeta")}})
}

fn record(def: &ObjectDef) -> J {
    let mut members = Members::of(def, def.shown().map(|(_, f)| f), values::answer, |_| false);
    members.own.insert("object".into(), json!({"type": "string", "const": def.name}));
    if !def.custom {
        let custom = json!({"type": "object", "properties": members.custom, "description": "Custom fields."});
        members.own.insert("custom".into(), custom);
    }
    for relation in def.relations() {
        let about = format!("The record behind the reference, with expand={relation}; null where there is none.");
        match members.own.get_mut(relation) {
            // created_by: the record takes the place of its id.
            Some(id) => {
                set(id, "type", json!(["string", "object", "null"]));
                set(id, "description", json!(format!("An id, or with expand={relation} the record behind it.")));
            }
            None => {
                members.own.insert(relation.to_owned(), json!({"type": ["object", "null"], "description": about}));
            }
        }
    }
    let about = if def.doc.is_empty() { format!("A {}.", def.label.to_lowercase()) } else { def.doc.clone() };
    json!({"type": "object", "title": def.label, "description": about, "required": ["id", "object"], "properties": members.own,
        "examples": [samples::record(def)]})
}

fn paths(def: &ObjectDef, wanted: impl Fn(&Field) -> bool) -> Vec<String> {
    let mut paths: Vec<String> = def.shown().filter(|(_, f)| wanted(f)).map(|(_, f)| def.path(f)).collect();
    if !def.custom && wanted(&Field::new("custom", kontor_model::FieldType::json())) {
        paths.push("custom".into());
    }
    paths
}

/// `(company)\.(name|city|…)` for every relation, those to one object together.
fn one_hop(catalog: &Catalog, def: &ObjectDef, wanted: fn(&Field) -> bool) -> Option<String> {
    let mut by_target: std::collections::BTreeMap<&str, Vec<&str>> = std::collections::BTreeMap::new();
    for (_, field) in def.shown() {
        if let Some(reference) = field.ty.as_reference() {
            by_target.entry(&reference.object).or_default().push(&reference.relation);
        }
    }
    let groups: Vec<String> = by_target
        .into_iter()
        .filter_map(|(target, relations)| {
            let target = catalog.object(target)?;
            let fields: Vec<String> =
                target.shown().filter(|(_, f)| wanted(f)).map(|(_, f)| target.path(f).replace('.', "\\.")).collect();
            Some(format!("({})\\.({})", relations.join("|"), fields.join("|")))
        })
        .collect();
    (!groups.is_empty()).then(|| groups.join("|"))
}

fn sort(catalog: &Catalog, def: &ObjectDef) -> J {
    let own = paths(def, values::sortable);
    let both: Vec<String> = own.iter().flat_map(|p| [p.clone(), format!("-{p}")]).collect();
    let mut ways = vec![json!({"enum": both})];
    if let Some(hop) = one_hop(catalog, def, values::sortable) {
        ways.push(json!({"pattern": format!("^-?({hop})$")}));
    }
    json!({"type": "string", "anyOf": ways, "description": "A field, or one of a related record; descending with a minus before it."})
}

fn filter(catalog: &Catalog, def: &ObjectDef) -> J {
    let properties: Map<String, J> = def.shown().map(|(_, f)| (def.path(f), values::tests(f))).collect();
    let mut schema = json!({"type": "object", "additionalProperties": false, "properties": properties,
        "description": "filter[city]=Berlin, filter[amount][gte]=100, filter[company.city]=Berlin; joined by AND."});
    let operators: Vec<&str> = kontor_model::Op::ALL.iter().map(|op| op.name()).collect();
    let by_operator = json!({"type": "object", "minProperties": 1, "propertyNames": {"enum": operators}, "additionalProperties": {"type": "string"}});
    if let Some(hop) = one_hop(catalog, def, |_| true) {
        set(
            &mut schema,
            "patternProperties",
            json!({format!("^({hop})$"): {"anyOf": [{"type": "string"}, by_operator]}}),
        );
    }
    schema
}

fn search(names: &Schemas) -> J {
    json!({"type": "object", "additionalProperties": false, "properties": {
        "filter": values::nullable(reference("schemas", "Filter")),
        "q": {"type": ["string", "null"], "description": "Full text."},
        "sort": {"type": ["array", "null"], "maxItems": 5, "items": names.part("Sort")},
        "fields": {"type": ["array", "null"], "items": names.part("Path")},
        "expand": {"type": ["array", "null"], "maxItems": 10, "items": names.part("Relation")},
        "limit": {"type": ["integer", "null"], "minimum": 1, "maximum": 500, "default": 50},
        "offset": {"type": ["integer", "null"], "minimum": 0, "maximum": 100_000},
        "cursor": {"type": ["string", "null"]},
        "count": {"type": ["string", "null"], "enum": ["none", "exact", "estimate", null]},
        "deleted": {"type": ["boolean", "null"], "description": "The bin instead."},
    }, "examples": [{"limit": 10, "count": "exact"}]})
}

fn batch(def: &ObjectDef, names: &Schemas) -> J {
    let unique: Vec<String> = def.shown().filter(|(_, f)| ObjectDef::is_key(f)).map(|(_, f)| def.path(f)).collect();
    let id = reference("schemas", "Id");
    let operation = |op: &str, required: &[&str], properties: J| {
        let mut properties = properties;
        set(&mut properties, "op", json!({"type": "string", "const": op}));
        let required: Vec<&str> = std::iter::once("op").chain(required.iter().copied()).collect();
        json!({"type": "object", "title": op, "additionalProperties": false, "required": required, "properties": properties})
    };
    let if_match = json!({"type": ["integer", "null"], "minimum": 1, "description": "The version that was read."});
    json!({"type": "object", "additionalProperties": false, "required": ["operations"], "properties": {
        "atomic": {"type": "boolean", "default": false, "description": "All or nothing."},
        "operations": {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"oneOf": [
            operation("create", &["data"], json!({"data": names.part("Create")})),
            operation("update", &["id", "data"], json!({"id": id, "if_match": if_match, "data": names.part("Update")})),
            operation("replace", &["id", "data"], json!({"id": id, "if_match": if_match, "data": names.part("Replace")})),
            operation("upsert", &["by", "value", "data"], json!({
                "by": {"type": "string", "enum": unique}, "value": {"type": ["string", "integer"]}, "if_match": if_match, "data": names.part("Update")})),
            operation("delete", &["id"], json!({"id": id, "if_match": if_match})),
            operation("restore", &["id"], json!({"id": id, "if_match": if_match})),
        ]}},
    }, "examples": [{"atomic": false, "operations": [{"op": "create", "data": samples::create(def, 3)}]}]})
}
