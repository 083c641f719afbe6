//! A row of a file becomes the data of a record, by the rules of a mapping.

use std::borrow::Cow;
use std::sync::Arc;

use kontor_catalog::{Catalog, ObjectDef};
use kontor_formats::{Cell, Row};
use kontor_model::field::Context;
use kontor_model::time::TimeForm;
use kontor_model::{Error, ErrorCode, Fault, Field, Json, Result, Settings};

use crate::mapping::{From, MapElse, Mapping, Part, Rule, Split};
use crate::{country, moment, number};

/// Something that was changed on its way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    pub field: String,
    pub from: String,
    /// None when it was left empty.
    pub to: Option<String>,
    pub reason: String,
}

/// A reference that has to be looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Position in [`Plan::rules`].
    pub rule: usize,
    pub text: String,
}

/// What a row says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Draft {
    /// Paths and values.
    pub values: Vec<(String, Json)>,
    pub wanted: Vec<Wanted>,
    pub corrections: Vec<Correction>,
    pub faults: Vec<Fault>,
}

/// A row that a rule left out, or its draft.
#[derive(Debug, Clone, PartialEq)]
pub enum Converted {
    Skip(String),
    Draft(Draft),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Text,
    Bool,
    Integer,
    Decimal,
    Date,
    DateTime,
    List,
    Json,
}

/// A rule with its field.
pub struct Bound {
    pub rule: Rule,
    field: Field,
    ty: Type,
    /// The object that its reference is looked up in.
    pub lookup: Option<Arc<ObjectDef>>,
}

/// A mapping that is ready to be used.
pub struct Plan {
    pub def: Arc<ObjectDef>,
    pub mapping: Mapping,
    pub rules: Vec<Bound>,
    settings: Arc<Settings>,
}

/// The text of a fault that a field's own check would give.
fn format_fault(message: &str, text: &str) -> Box<Fault> {
    Fault::new("", "format", message).value(Json::from(text).excerpt()).into()
}

impl Plan {
    /// Binds a mapping to the catalog.
    ///
    /// # Errors
    /// An object or field that is gone since the mapping was checked.
    pub fn new(catalog: &Catalog, mapping: Mapping, settings: Arc<Settings>) -> Result<Self> {
        let def = crate::object_of(catalog, &mapping.object)?.clone();
        let mut rules = Vec::new();
        for rule in mapping.rules() {
            let Some((_, field)) = def.field(&rule.target) else {
                return Err(Error::new(ErrorCode::UnknownField, format!("{} has no field {}", def.name, rule.target)));
            };
            let lookup = rule.lookup.as_ref().map(|l| crate::object_of(catalog, &l.object).cloned()).transpose()?;
            rules.push(Bound { rule: rule.clone(), field: field.clone(), ty: type_of(field), lookup });
        }
        Ok(Self { def, mapping, rules, settings })
    }

    /// Whether any reference is looked up among the very records that are imported.
    pub fn refers_to_itself(&self, rule: usize) -> bool {
        self.rules.get(rule).and_then(|b| b.lookup.as_ref()).is_some_and(|d| d.name == self.def.name)
    }

    /// Converts a row; reads nothing but the row.
    pub fn convert(&self, row: &Row) -> Converted {
        for (column, texts) in &self.mapping.skip_when {
            let text = row.get(column).map(Cell::as_text).unwrap_or_default();
            if texts.iter().any(|t| t == text.trim()) {
                return Converted::Skip(format!("{column} is \"{}\"", text.trim()));
            }
        }
        let mut draft = Draft::default();
        for (index, bound) in self.rules.iter().enumerate() {
            self.apply(index, bound, row, &mut draft);
        }
        self.drop_invalid(&mut draft);
        Converted::Draft(draft)
    }

    /// The value of the key, as text, without the rest of the row.
    pub fn key_of(&self, row: &Row) -> Option<String> {
        let key = self.mapping.key.as_ref()?;
        let (index, bound) = self.rules.iter().enumerate().find(|(_, b)| b.rule.target == *key)?;
        let mut draft = Draft::default();
        self.apply(index, bound, row, &mut draft);
        draft.values.first().map(|(_, value)| value.excerpt())
    }

    fn apply(&self, index: usize, bound: &Bound, row: &Row, draft: &mut Draft) {
        let rule = &bound.rule;
        let put = |draft: &mut Draft, value: Json| draft.values.push((rule.target.clone(), value));
        let cell: Cow<'_, Cell> = match &rule.from {
            From::Const(value @ (Json::String(_) | Json::Number(_))) if rule.lookup.is_some() => {
                Cow::Owned(Cell::Text(value.excerpt()))
            }
            From::Const(value) => return put(draft, value.clone()),
            From::Column(column) => row.get(column).map_or(Cow::Owned(Cell::Empty), Cow::Borrowed),
            From::Template(parts) => Cow::Owned(filled(parts, row)),
        };
        let whole = cell.as_text();
        let text = whole.trim();
        let outcome = if text.is_empty() || rule.empty.iter().any(|e| e == text) {
            Ok(None)
        } else {
            self.value(bound, &cell, text, draft)
        };
        match outcome {
            Ok(None) => {
                if let Some(default) = &rule.default {
                    put(draft, default.clone());
                }
            }
            Ok(Some(Json::String(text))) if rule.lookup.is_some() => draft.wanted.push(Wanted { rule: index, text }),
            Ok(Some(value)) => put(draft, value),
            Err(fault) if rule.null_invalid => {
                draft.corrections.push(Correction {
                    field: rule.target.clone(),
                    from: text.to_owned(),
                    to: None,
                    reason: fault.message,
                });
                if let Some(default) = &rule.default {
                    put(draft, default.clone());
                }
            }
            Err(fault) => draft.faults.push(Fault { field: rule.target.clone(), ..*fault }),
        }
    }

    fn value(&self, bound: &Bound, cell: &Cell, text: &str, draft: &mut Draft) -> Result<Option<Json>, Box<Fault>> {
        let rule = &bound.rule;
        let mut text = Cow::Borrowed(text);
        if let Some(split) = rule.split {
            text = Cow::Owned(part_of(&text, split));
            if text.is_empty() {
                return Ok(None);
            }
        }
        if !rule.map.is_empty() {
            match rule.map.get(&*text) {
                Some(Json::Null) => return Ok(None),
                Some(Json::String(to)) => {
                    if rule.mends && *to != *text {
                        draft.corrections.push(Correction {
                            field: rule.target.clone(),
                            from: text.clone().into_owned(),
                            to: Some(to.clone()),
                            reason: "the mapping mends it".to_owned(),
                        });
                    }
                    if to.is_empty() {
                        return Ok(None);
                    }
                    text = Cow::Owned(to.clone());
                }
                Some(other) => return Ok(Some(other.clone())),
                None => match rule.map_else {
                    MapElse::Keep => {}
                    MapElse::Refuse => {
                        let mut known: Vec<&String> = rule.map.keys().collect();
                        known.sort_unstable();
                        known.truncate(50);
                        return Err(Fault::new("", "not_allowed", "is none of the texts that the mapping names")
                            .value(Json::from(&*text).excerpt())
                            .allowed(known)
                            .into());
                    }
                    MapElse::Null => {
                        draft.corrections.push(Correction {
                            field: rule.target.clone(),
                            from: text.into_owned(),
                            to: None,
                            reason: "is none of the texts that the mapping names".to_owned(),
                        });
                        return Ok(None);
                    }
                },
            }
        }
        if rule.country {
            let code = country::code(&text).ok_or_else(|| {
                format_fault("is no country that is known by this name; map it to its ISO 3166-1 code", &text)
            })?;
            return Ok(Some(Json::from(code)));
        }
        if let Some(factor) = rule.multiply {
            text = Cow::Owned(
                number::multiplied(&text, factor)
                    .ok_or_else(|| format_fault("is not a decimal number such as 199.99", &text))?,
            );
        }
        if rule.lookup.is_some() {
            return Ok(Some(Json::String(text.into_owned())));
        }
        let same = matches!(&text, Cow::Borrowed(_));
        self.typed(bound, if same { Some(cell) } else { None }, &text).map(Some)
    }

    fn typed(&self, bound: &Bound, cell: Option<&Cell>, text: &str) -> Result<Json, Box<Fault>> {
        let format = bound.rule.date.as_deref();
        Ok(match bound.ty {
            Type::Text => Json::from(text),
            Type::Decimal => Json::from(text),
            Type::Integer => number::whole(text).map_or_else(|| Json::from(text), Json::Number),
            Type::Bool => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "y" | "t" | "1" | "on" => Json::Bool(true),
                "false" | "no" | "n" | "f" | "0" | "off" => Json::Bool(false),
                _ => return Err(format_fault("must be true or false (or yes/no, 1/0)", text)),
            },
            // Version 2 of the API has its times as numbers, and takes them in files too.
            Type::Date | Type::DateTime if format.is_none() && is_millis(&bound.field, text) => {
                Json::Number(text.to_owned())
            }
            Type::Date => {
                let found = moment::date(text, format).ok_or_else(|| {
                    let wanted = format.unwrap_or("2025-02-28");
                    format_fault(&format!("is no date of the form {wanted}"), text)
                })?;
                Json::String(found)
            }
            Type::DateTime => {
                let found = moment::datetime(text, format, &self.settings.time_zone).ok_or_else(|| {
                    let wanted = format.unwrap_or("2025-02-28T13:00:00Z");
                    format_fault(&format!("is no time of the form {wanted}"), text)
                })?;
                Json::String(found)
            }
            Type::List => match cell {
                Some(Cell::Json(raw)) => Json::parse_str(raw).map_err(|e| format_fault(&e.0, text))?,
                _ => {
                    let by = if text.contains(';') { ';' } else { ',' };
                    Json::Array(text.split(by).map(str::trim).filter(|t| !t.is_empty()).map(Json::from).collect())
                }
            },
            Type::Json => Json::parse_str(text).unwrap_or_else(|_| Json::from(text)),
        })
    }

    /// Values that their field would refuse, where the rule would rather have none.
    fn drop_invalid(&self, draft: &mut Draft) {
        if !self.rules.iter().any(|b| b.rule.null_invalid) {
            return;
        }
        let country = draft
            .values
            .iter()
            .find(|(path, _)| path == "country")
            .and_then(|(_, v)| v.as_str())
            .map(str::to_ascii_uppercase);
        let cx = Context { settings: &self.settings, country: country.as_deref().filter(|c| c.len() == 2) };
        let corrections = &mut draft.corrections;
        draft.values.retain(|(path, value)| {
            let Some(bound) = self.rules.iter().find(|b| b.rule.target == *path && b.rule.null_invalid) else {
                return true;
            };
            match bound.field.spec().check(value, &cx) {
                Err(fault) if !value.is_null() => {
                    corrections.push(Correction {
                        field: path.clone(),
                        from: value.excerpt(),
                        to: None,
                        reason: fault.message,
                    });
                    false
                }
                _ => true,
            }
        });
    }
}

fn type_of(field: &Field) -> Type {
    match field.spec().name() {
        "bool" => Type::Bool,
        "integer" => Type::Integer,
        "decimal" | "money" => Type::Decimal,
        "date" => Type::Date,
        "datetime" => Type::DateTime,
        "tags" | "multi_enum" => Type::List,
        "json" => Type::Json,
        _ => Type::Text,
    }
}

/// Whether the field's times are milliseconds, and the text is such a number.
fn is_millis(field: &Field, text: &str) -> bool {
    let form = field.clone().time_form().copied();
    form == Some(TimeForm::Millis) && kontor_model::time::millis(&Json::from(text)).is_some()
}

fn filled(parts: &[Part], row: &Row) -> Cell {
    let mut out = String::new();
    let mut any = false;
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Column(column) => {
                let text = row.get(column).map(Cell::as_text).unwrap_or_default();
                any |= !text.trim().is_empty();
                out.push_str(text.trim());
            }
        }
    }
    if any { Cell::Text(out) } else { Cell::Empty }
}

fn part_of(name: &str, split: Split) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    match (words.split_last(), split) {
        (None, _) => String::new(),
        (Some((last, _)), Split::Last) => (*last).to_owned(),
        (Some((_, first)), Split::First) => first.join(" "),
    }
}

/// Paths and values as the data of a change.
pub fn data(values: Vec<(String, Json)>) -> Json {
    let mut members: Vec<(String, Json)> = Vec::with_capacity(values.len());
    let mut custom: Vec<(String, Json)> = Vec::new();
    for (path, value) in values {
        match path.strip_prefix("custom.") {
            Some(key) => custom.push((key.to_owned(), value)),
            None => members.push((path, value)),
        }
    }
    if !custom.is_empty() {
        members.push(("custom".to_owned(), Json::Object(custom)));
    }
    Json::Object(members)
}

/// A row as one line of text: the way a refused row comes back.
pub fn line_of(row: &Row, tabular: bool) -> String {
    let mut out = String::new();
    if tabular {
        for (i, (_, cell)) in row.cells.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            let text = cell.as_text();
            if text.contains(['"', ',', '\n', '\r']) {
                out.push('"');
                out.push_str(&text.replace('"', "\"\""));
                out.push('"');
            } else {
                out.push_str(&text);
            }
        }
        return out;
    }
    let members = row
        .cells
        .iter()
        .map(|(name, cell)| {
            let value = match cell {
                Cell::Empty => Json::Null,
                Cell::Bool(flag) => Json::Bool(*flag),
                Cell::Number(text) => Json::Number(text.clone()),
                Cell::Json(text) => Json::parse_str(text).unwrap_or_else(|_| Json::from(text.as_str())),
                Cell::Text(text) | Cell::Date(text) => Json::from(text.as_str()),
            };
            (name.to_string(), value)
        })
        .collect();
    Json::Object(members).to_string()
}
