//! What a caller sent becomes checked values: types, required, unknown, read-only; all faults at once.

use kontor_catalog::ObjectDef;
use kontor_model::field::Context;
use kontor_model::{By, ErrorCode, Fault, Field, Json, Mode, Place, Settings, Value, name};

use crate::derive::derive;
use crate::rights::Rule;

/// The values of one record, by field, after every check that needs no database. Only this can be planned.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    pub values: Vec<Value>,
}

/// What a draft is checked against.
pub struct Base<'a> {
    pub def: &'a ObjectDef,
    /// The object as the caller sees it.
    pub view: &'a ObjectDef,
    /// In whose right: a service sets read-only fields, too.
    pub by: By,
    pub rule: &'a Rule,
    pub settings: &'a Settings,
    /// The record as it is, for updates.
    pub current: Option<&'a [Value]>,
    pub mode: Mode,
    /// Whether created_at, updated_at and created_by may be sent (imports with leave to).
    pub history: bool,
    /// The owner of a new record that names none.
    pub owner: Option<i64>,
}

/// How many faults are looked for: a body of nothing but unknown members is not answered with all of them.
const MOST_FAULTS: usize = 100;

/// Fields of the system that an import may carry over.
const HISTORY: &[&str] = &["created_at", "updated_at", "created_by"];

impl Base<'_> {
    /// Checks `data`.
    ///
    /// # Errors
    /// Every fault found.
    pub fn check(&self, data: &Json) -> Result<Checked, Vec<Fault>> {
        let def = self.def;
        let Some(members) = data.as_object() else {
            return Err(vec![Fault::new("", "type", format!("a record must be an object, not {}", data.kind()))]);
        };
        let mut faults = Vec::new();
        let mut values = self.start();
        let mut named = vec![false; values.len()];
        let country = self.country(data);
        let cx = Context { settings: self.settings, country: country.as_deref() };
        let flat = members.iter().flat_map(|(key, value)| match value {
            Json::Object(inner) if key == "custom" && !def.custom => {
                inner.iter().map(|(k, v)| (format!("custom.{k}"), v)).collect()
            }
            _ => vec![(key.clone(), value)],
        });
        for (path, value) in flat {
            if faults.len() >= MOST_FAULTS {
                break;
            }
            if path == "object" && value.as_str() == Some(&def.name) {
                continue;
            }
            if path == "custom" && !def.custom {
                if !value.is_null() {
                    faults.push(Fault::new("custom", "type", format!("must be an object, not {}", value.kind())));
                }
                continue;
            }
            let Some((index, field)) = self.view.field(&path) else {
                let hint = name::hint(&path, self.view.paths());
                faults.push(
                    Fault::coded(path, ErrorCode::UnknownField, format!("is not a field of {}{hint}", def.name))
                        .value(value.excerpt()),
                );
                continue;
            };
            if let Some(flag) = named.get_mut(index) {
                *flag = true;
            }
            let is_open = match self.by {
                By::Caller => self.history && HISTORY.contains(&field.name.as_str()),
                By::Service => !is_common(field),
            };
            if field.read_only && !is_open {
                faults.extend(self.sent_read_only(index, field, &path, value));
                continue;
            }
            if self.by == By::Caller && self.is_locked(index) {
                faults.extend(self.sent_locked(index, field, &path, value));
                continue;
            }
            let second = self.companion(index);
            if value.is_null() {
                set(&mut values, index, Value::Null);
                if let Some(second) = second {
                    set(&mut values, second, Value::Null);
                }
                continue;
            }
            match field.spec().check(value, &cx) {
                Ok(checked) => {
                    set(&mut values, index, checked.value);
                    if let (Some(second), Some(value)) = (second, checked.companion) {
                        set(&mut values, second, value);
                    }
                }
                Err(mut fault) => {
                    fault.field = path;
                    faults.push(fault);
                }
            }
        }
        self.complete(&mut values, &named);
        for (index, field) in def.shown().filter(|(_, f)| f.required && !f.read_only) {
            let missing =
                values.get(index).is_none_or(Value::is_null) || values.get(index).and_then(Value::as_str) == Some("");
            let path = def.path(field);
            if missing && !faults.iter().any(|f| f.field == path) {
                faults.push(Fault::new(path, "required", "is required"));
            }
        }
        if let Err(error) = derive(def, &mut values) {
            faults.extend(error.faults().iter().cloned());
        }
        if faults.is_empty() { Ok(Checked { values }) } else { Err(faults) }
    }

    /// The values before the draft is laid over them.
    fn start(&self) -> Vec<Value> {
        let def = self.def;
        match (self.current, self.mode) {
            (Some(current), Mode::Merge) => current.to_vec(),
            (Some(current), Mode::Replace) => def
                .fields
                .iter()
                .zip(current)
                .enumerate()
                .map(|(index, (field, value))| {
                    let kept = field.retired
                        || field.name == "owner_id"
                        || (field.read_only && !self.is_second(index))
                        || self.is_out_of_reach(field);
                    if kept { value.clone() } else { Value::Null }
                })
                .collect(),
            (None, _) => vec![Value::Null; def.fields.len()],
        }
    }

    /// Defaults for what was not named, the owner, the currency.
    fn complete(&self, values: &mut [Value], named: &[bool]) {
        let whole = self.current.is_none() || self.mode == Mode::Replace;
        let def = self.def;
        let mut money = false;
        for (index, field) in def.shown() {
            let empty = values.get(index).is_some_and(Value::is_null);
            money |= !empty && field.spec().name() == "money";
            if whole && empty && named.get(index) == Some(&false) {
                if let Some(default) = &field.default {
                    set(values, index, default.clone());
                } else if field.name == "owner_id" && self.current.is_none() {
                    set(values, index, self.owner.map_or(Value::Null, Value::Int));
                }
            }
        }
        let currency = def.shown().find(|(_, f)| f.name == "currency" && f.spec().name() == "currency");
        if let Some((index, _)) = currency
            && money
            // A part has the currency of its whole, which the rules know; what they leave open is filled in after them.
            && def.part_of.is_none()
            && values.get(index).is_some_and(Value::is_null)
        {
            set(values, index, Value::Text(self.settings.currency.clone()));
        }
    }

    /// A read-only field may be sent back as it was read.
    fn sent_read_only(&self, index: usize, field: &Field, path: &str, value: &Json) -> Option<Fault> {
        let is_second = self.is_second(index);
        let derived = !is_common(field);
        if self.current.is_some() && (is_second || derived) {
            return None;
        }
        let current = self.current.and_then(|c| c.get(index));
        let same = current.is_some_and(|c| field.spec().show().text(c) == value.to_string());
        let moving = self.current.is_some() && matches!(field.name.as_str(), "updated_at" | "updated_by" | "version");
        if same || moving || (self.current.is_none() && value.is_null()) {
            return None;
        }
        Some(Fault::new(path, "read_only", "is set by the system; leave it out").value(value.excerpt()))
    }

    /// A field that the role does not change may be sent back as it was read.
    fn sent_locked(&self, index: usize, field: &Field, path: &str, value: &Json) -> Option<Fault> {
        let current = self.current.and_then(|c| c.get(index));
        let cx = Context { settings: self.settings, country: None };
        let sent =
            if value.is_null() { Some(Value::Null) } else { field.spec().check(value, &cx).ok().map(|c| c.value) };
        if sent.as_ref() == Some(current.unwrap_or(&Value::Null)) {
            return None;
        }
        let message = "may be seen and not changed by your role; leave it out";
        Some(Fault { code: "locked", ..Fault::coded(path, ErrorCode::Forbidden, message) })
    }

    /// Whether the caller cannot have meant to empty a field by leaving it out.
    fn is_out_of_reach(&self, field: &Field) -> bool {
        let path = self.def.path(field);
        self.view.field(&path).is_none_or(|(index, _)| self.is_locked(index))
    }

    fn is_locked(&self, field: usize) -> bool {
        !self.rule.locked.is_empty() && self.def.native_path(field).is_some_and(|path| self.rule.locked.contains(&path))
    }

    /// Whether it keeps the second value of the field before it.
    fn is_second(&self, index: usize) -> bool {
        index.checked_sub(1).is_some_and(|first| self.companion(first) == Some(index))
    }

    /// The field that keeps the second value of field `index`.
    fn companion(&self, index: usize) -> Option<usize> {
        let name = self.def.fields.get(index)?.companion()?;
        self.def.fields.get(index + 1).filter(|f| f.name == name).map(|_| index + 1)
    }

    /// The country that telephone numbers are read in: what the draft says, else what the record says.
    fn country(&self, data: &Json) -> Option<String> {
        let sent = data.get("country").and_then(Json::as_str).map(str::to_ascii_uppercase);
        sent.or_else(|| {
            let (index, _) = self.def.field("country")?;
            self.current?.get(index)?.as_str().map(str::to_owned)
        })
        .filter(|c| c.len() == 2)
    }
}

fn set(values: &mut [Value], index: usize, value: Value) {
    if let Some(slot) = values.get_mut(index) {
        *slot = value;
    }
}

/// One of the fields that every record has.
pub(crate) fn is_common(field: &Field) -> bool {
    matches!(&field.place, Place::Column(c) if matches!(c.as_str(), "id" | "version" | "created_at" | "updated_at" | "created_by" | "updated_by"))
}
