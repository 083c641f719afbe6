//! The active territories in their order, and which of them a record is in.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kontor_catalog::ObjectDef;
use kontor_model::field::Context;
use kontor_model::{Fault, Field, Json, Op, Result, Value};
use kontor_questions::{Conditions, filters};
use kontor_records::{Found, Sight};

/// What territories have.
pub(crate) const OBJECTS: &[&str] = &["company", "lead", "deal"];
/// The most territories of a workspace.
const MOST: u64 = 1_000;
/// Where a deal that no territory covers goes.
const COMPANYS: &str = "company.territory_id";

static NOTHING: Value = Value::Null;

/// Conditions by object.
pub(crate) type Covers = BTreeMap<String, Conditions>;

/// Reads what a territory covers.
///
/// # Errors
/// What is wrong, naming the place.
pub(crate) fn covers(sight: &Sight<'_>, text: &str) -> Result<Covers, Vec<Fault>> {
    if text.is_empty() {
        return Ok(Covers::new());
    }
    let wrong = |message: &str| vec![Fault::new("covers", "format", message)];
    let json = Json::parse_str(text).map_err(|_| wrong("is no JSON"))?;
    let form = "must be {\"company\": filter, \"lead\": filter, \"deal\": filter}, each of them optional";
    let members = json.as_object().ok_or_else(|| wrong(form))?;
    let (mut out, mut faults) = (Covers::new(), Vec::new());
    for (object, filter) in members {
        let at = format!("covers.{object}");
        if !OBJECTS.contains(&object.as_str()) {
            let message = format!("is nothing that territories have; there are {}", OBJECTS.join(", "));
            faults.push(Fault::new(at, "unknown", message));
            continue;
        }
        match filters::filter(filter, &at) {
            Err(error) if error.faults().is_empty() => faults.push(Fault::new(at, "format", error.detail())),
            Err(error) => faults.extend_from_slice(error.faults()),
            Ok(filter) => {
                let cx = Context { settings: sight.settings(), country: None };
                match Conditions::of(&filter, &|path| field(sight, object, path), &cx) {
                    Ok(conditions) => {
                        out.insert(object.clone(), conditions);
                    }
                    Err(why) => faults.push(Fault::new(at, "format", why)),
                }
            }
        }
    }
    if faults.is_empty() { Ok(out) } else { Err(faults) }
}

/// A field of an object, or of a record that it refers to.
fn field<'s>(sight: &'s Sight<'_>, object: &str, path: &str) -> Option<&'s Field> {
    let def = sight.ctx().whole.object(object)?.native();
    match path.split_once('.') {
        Some((relation, rest)) if def.field(path).is_none() => {
            let (_, reference) = def.relation(relation)?;
            let further = sight.ctx().whole.object(&reference.ty.as_reference()?.object)?.native();
            further.field(rest).map(|(_, field)| field)
        }
        _ => def.field(path).map(|(_, field)| field),
    }
}

/// See the module.
pub(crate) struct Map {
    /// Territories in their order.
    territories: Vec<(i64, Covers)>,
}

impl Map {
    /// # Errors
    /// The database's.
    pub async fn load(sight: &Sight<'_>) -> Result<Self> {
        let mut found = sight.find("territory", &[("active", Op::Ne, Value::Bool(false))], MOST).await?;
        found.sort_by_key(|territory| (territory.int("position").unwrap_or(0), territory.id));
        // One that can no longer be read, as of a field that is gone, covers nothing.
        let read = |territory: &Found| (territory.id.0, covers(sight, territory.text("covers")).unwrap_or_default());
        Ok(Self { territories: found.iter().map(read).collect() })
    }

    pub fn is_empty(&self) -> bool {
        self.territories.is_empty()
    }

    /// Reads what conditions ask about records that others of one object refer to.
    ///
    /// # Errors
    /// The database's.
    pub async fn neighbours<'v>(
        &self,
        sight: &Sight<'_>,
        object: &str,
        records: impl Iterator<Item = &'v dyn Fields> + Clone,
    ) -> Result<Neighbours> {
        let mut paths = BTreeSet::new();
        self.territories.iter().filter_map(|(_, covers)| covers.get(object)).for_each(|one| one.paths(&mut paths));
        if object == "deal" {
            paths.insert(COMPANYS.to_owned());
        }
        let def = sight.ctx().whole.require(object)?.native();
        let mut out = Neighbours::default();
        for relation in paths.iter().filter(|path| def.field(path).is_none()).filter_map(|path| path.split_once('.')) {
            let Some(reference) = Reference::of(def, relation.0) else { continue };
            if out.0.contains_key(relation.0) {
                continue;
            }
            let mut ids: Vec<i64> = records.clone().filter_map(|one| one.value(&reference.path).as_i64()).collect();
            ids.sort_unstable();
            ids.dedup();
            let most = ids.len() as u64;
            let found = match ids.is_empty() {
                true => Vec::new(),
                false => sight.find(&reference.object, &[("id", Op::In, Value::Ints(ids))], most).await?,
            };
            let found = found.into_iter().map(|one| (one.id.0, one)).collect();
            out.0.insert(relation.0.to_owned(), (reference.path, found));
        }
        Ok(out)
    }

    /// The territory that a record is in.
    pub fn of(&self, object: &str, record: &dyn Fields, neighbours: &Neighbours) -> Option<i64> {
        let value = |path: &str| neighbours.value(record, path);
        let covers = |(_, covers): &&(i64, Covers)| covers.get(object).is_some_and(|one| one.holds(&value));
        let found = self.territories.iter().find(covers).map(|(id, _)| *id);
        found.or_else(|| if object == "deal" { value(COMPANYS).as_i64() } else { None })
    }
}

/// A record, by whatever way it was found.
pub(crate) trait Fields {
    /// Null where there is none.
    fn value(&self, path: &str) -> &Value;
}

impl Fields for Found {
    fn value(&self, path: &str) -> &Value {
        Found::value(self, path)
    }
}

impl Fields for kontor_records::Touched<'_> {
    fn value(&self, path: &str) -> &Value {
        self.field(path).1
    }
}

struct Reference {
    path: String,
    object: String,
}

impl Reference {
    fn of(def: &ObjectDef, relation: &str) -> Option<Self> {
        let (_, field) = def.relation(relation)?;
        Some(Self { path: def.path(field), object: field.ty.as_reference()?.object.clone() })
    }
}

/// Records that others refer to, by relation: the reference's path, and the records by id.
#[derive(Default)]
pub(crate) struct Neighbours(BTreeMap<String, (String, HashMap<i64, Found>)>);

impl Neighbours {
    fn value<'v>(&'v self, record: &'v dyn Fields, path: &str) -> &'v Value {
        let further = path.split_once('.').and_then(|(relation, rest)| Some((self.0.get(relation)?, rest)));
        match further {
            None => record.value(path),
            Some(((reference, found), rest)) => {
                let id = record.value(reference).as_i64();
                id.and_then(|id| found.get(&id)).map_or(&NOTHING, |one| one.value(rest))
            }
        }
    }
}
