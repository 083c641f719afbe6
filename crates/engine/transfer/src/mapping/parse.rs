//! Mappings from JSON, read strictly: every fault at once, unknown names with the nearest right one.

use kontor_catalog::{Catalog, ObjectDef};
use kontor_model::{Error, ErrorCode, Fault, Json, Result, name};
use rust_decimal::Decimal;

use super::read::{delimiter, flag, format, join, plain, text, unknown, word};
use super::{From, Lookup, MapElse, Mapping, Missing, Part, Repeat, Rule, Split};

const MEMBERS: &[&str] = &["object", "key", "format", "options", "fields", "history", "skip_when", "repeat"];
pub(crate) const REPEATS: &[(&str, Repeat)] =
    &[("update", Repeat::Update), ("skip", Repeat::Skip), ("refuse", Repeat::Refuse)];
const OPTIONS: &[&str] = &["delimiter", "encoding", "sheet"];
const RULE: &[&str] = &[
    "from",
    "const",
    "template",
    "empty",
    "lookup",
    "missing",
    "date",
    "map",
    "map_else",
    "multiply",
    "split",
    "country",
    "on_invalid",
    "default",
];
const HISTORY: &[&str] = &["created_at", "updated_at", "created_by"];
/// The most texts that a map may name.
const MAX_MAP: usize = 10_000;

/// Collects faults under a path.
struct Reader<'a> {
    catalog: &'a Catalog,
    faults: Vec<Fault>,
}

impl Mapping {
    /// Reads a mapping; `object` and `key` may be given beside it. A bare `{"field": "column"}` is its `fields`.
    ///
    /// # Errors
    /// Every fault, under `mapping`.
    pub fn parse(json: &Json, object: Option<&str>, catalog: &Catalog) -> Result<Self> {
        let Some(members) = json.as_object() else {
            return Err(Fault::new("mapping", "type", format!("must be an object, not {}", json.kind())).into());
        };
        let bare = !members.is_empty() && !members.iter().any(|(key, _)| MEMBERS.contains(&key.as_str()));
        let whole = if bare { Json::Object(vec![("fields".to_owned(), json.clone())]) } else { json.clone() };
        let mut reader = Reader { catalog, faults: Vec::new() };
        let mapping = reader.mapping(&whole, object);
        match mapping {
            Some(mapping) if reader.faults.is_empty() => Ok(mapping),
            _ => Err(Error::from_faults(reader.faults.into_iter().map(|f| f.under("mapping")).collect())),
        }
    }
}

impl Reader<'_> {
    fn fault(&mut self, path: &str, code: &'static str, message: impl Into<String>) {
        self.faults.push(Fault::new(path, code, message));
    }

    fn mapping(&mut self, json: &Json, object: Option<&str>) -> Option<Mapping> {
        unknown(json, "", MEMBERS, &mut self.faults);
        let own = json.get("object").and_then(|o| text(o, "object", &mut self.faults));
        if let (Some(own), Some(outer)) = (&own, object)
            && own != outer
        {
            self.fault("object", "conflict", format!("is \"{own}\", but the import is into \"{outer}\""));
        }
        let Some(named) = object.map(str::to_owned).or(own) else {
            self.fault("object", "required", "is required");
            return None;
        };
        let catalog = self.catalog;
        let def = match crate::object_of(catalog, &named) {
            Ok(def) => def,
            Err(error) => {
                self.faults.push(Fault::coded("object", error.code(), error.detail()));
                return None;
            }
        };
        let mut mapping = Mapping { object: def.name.clone(), ..Mapping::default() };
        let faults = &mut self.faults;
        mapping.key = json.get("key").filter(|k| !k.is_null()).and_then(|k| key(k, "key", def, faults));
        mapping.format = json.get("format").and_then(|f| format(f, "format", faults));
        if let Some(options) = json.get("options") {
            options_of(options, &mut mapping, faults);
        }
        if let Some(repeat) = json.get("repeat") {
            mapping.repeat = word(repeat, "repeat", REPEATS, faults).unwrap_or_default();
        }
        self.skip_when(json.get("skip_when"), &mut mapping);
        mapping.fields = self.rules(json.get("fields"), "fields", def);
        mapping.history = json.get("history").map(|h| self.rules(Some(h), "history", def)).unwrap_or_default();
        if mapping.fields.is_empty() && self.faults.is_empty() {
            self.fault("fields", "required", "must name at least one field");
        }
        if let Some(key) = &mapping.key
            && self.faults.is_empty()
            && !mapping.fields.iter().any(|r| r.target == *key)
        {
            self.fault("key", "required", format!("is {key}, which fields does not set"));
        }
        Some(mapping)
    }

    fn skip_when(&mut self, json: Option<&Json>, mapping: &mut Mapping) {
        let Some(json) = json else { return };
        let Some(members) = json.as_object() else {
            return self.fault("skip_when", "type", "must be an object of columns and texts");
        };
        for (column, value) in members {
            let texts = match value {
                Json::Array(items) => items.iter().map(plain).collect::<Option<Vec<_>>>(),
                other => plain(other).map(|text| vec![text]),
            };
            match texts {
                Some(texts) => mapping.skip_when.push((column.clone(), texts)),
                None => self.fault(&join("skip_when", column), "type", "must be a text or an array of texts"),
            }
        }
    }

    fn rules(&mut self, json: Option<&Json>, path: &str, def: &ObjectDef) -> Vec<Rule> {
        let members = match json {
            None => {
                self.fault(path, "required", "is required: {\"field\": \"column\", …}");
                return Vec::new();
            }
            Some(Json::Object(members)) => members,
            Some(other) => {
                self.fault(path, "type", format!("must be an object of fields and columns, not {}", other.kind()));
                return Vec::new();
            }
        };
        let mut rules: Vec<Rule> = Vec::with_capacity(members.len());
        for (target, json) in members {
            let at = join(path, target);
            let found = self.target(target, path == "history", def, &at);
            if let Some(rule) = self.rule(json, &at, found.clone().unwrap_or_default().as_str(), def)
                && let Some(target) = found
            {
                if rules.iter().any(|r| r.target == target) {
                    self.fault(&at, "conflict", format!("sets {target}, which is set already"));
                }
                rules.push(Rule { target, ..rule });
            }
        }
        rules
    }

    /// The path of a field that may be set.
    fn target(&mut self, target: &str, history: bool, def: &ObjectDef, at: &str) -> Option<String> {
        if history {
            if HISTORY.contains(&target) {
                return Some(target.to_owned());
            }
            self.fault(
                at,
                "not_allowed",
                format!("must be one of {}{}", HISTORY.join(", "), name::hint(target, HISTORY.iter().copied())),
            );
            return None;
        }
        let found =
            def.field(target).or_else(|| def.relation(target)).or_else(|| def.field(&format!("custom.{target}")));
        let Some((_, field)) = found else {
            let hint = name::hint(target, def.paths());
            self.faults.push(Fault::coded(
                at,
                ErrorCode::UnknownField,
                format!("is not a field of {}{hint}", def.name),
            ));
            return None;
        };
        if field.read_only {
            let more = if HISTORY.contains(&target) { "; set it under history" } else { "" };
            self.fault(at, "read_only", format!("is set by the system{more}"));
            return None;
        }
        Some(def.path(field))
    }

    fn rule(&mut self, json: &Json, at: &str, target: &str, def: &ObjectDef) -> Option<Rule> {
        let mut rule = Rule::plain(target, "");
        match json {
            Json::String(column) if !column.is_empty() => {
                rule.from = From::Column(column.clone());
                return Some(rule);
            }
            Json::Object(_) => {}
            other => {
                self.fault(at, "type", format!("must be a column or an object, not {}", other.kind()));
                return None;
            }
        }
        let faults = &mut self.faults;
        unknown(json, at, RULE, faults);
        let sources: Vec<&str> = ["from", "const", "template"].into_iter().filter(|k| json.get(k).is_some()).collect();
        match sources.as_slice() {
            ["from"] => rule.from = From::Column(json.get("from").and_then(|v| text(v, &join(at, "from"), faults))?),
            ["const"] => rule.from = From::Const(json.get("const").cloned()?),
            ["template"] => {
                let template = json.get("template").and_then(|v| text(v, &join(at, "template"), faults))?;
                rule.from = From::Template(self.template(&template, &join(at, "template"))?);
            }
            [] => {
                self.fault(at, "required", "needs one of from, const, template");
                return None;
            }
            _ => self.fault(at, "conflict", format!("takes only one of {}", sources.join(", "))),
        }
        self.steps(json, at, &mut rule);
        self.lookup(json, at, &mut rule, def);
        Some(rule)
    }

    fn steps(&mut self, json: &Json, at: &str, rule: &mut Rule) {
        let faults = &mut self.faults;
        if let Some(empty) = json.get("empty") {
            let texts = match empty {
                Json::Array(items) => items.iter().map(plain).collect::<Option<Vec<_>>>(),
                other => plain(other).map(|text| vec![text]),
            };
            match texts {
                Some(texts) => rule.empty = texts,
                None => faults.push(Fault::new(join(at, "empty"), "type", "must be a text or an array of texts")),
            }
        }
        if let Some(split) = json.get("split") {
            rule.split = word(split, &join(at, "split"), &[("first", Split::First), ("last", Split::Last)], faults);
        }
        if let Some(map) = json.get("map") {
            match map.as_object() {
                Some(members) if members.len() <= MAX_MAP => rule.map = members.iter().cloned().collect(),
                Some(_) => {
                    faults.push(Fault::new(join(at, "map"), "too_many", format!("names more than {MAX_MAP} texts")))
                }
                None => {
                    faults.push(Fault::new(join(at, "map"), "type", format!("must be an object, not {}", map.kind())))
                }
            }
        }
        if let Some(other) = json.get("map_else") {
            let words = [("keep", MapElse::Keep), ("refuse", MapElse::Refuse), ("null", MapElse::Null)];
            rule.map_else = word(other, &join(at, "map_else"), &words, faults).unwrap_or_default();
            rule.mends = rule.map_else == MapElse::Keep;
            if json.get("map").is_none() {
                faults.push(Fault::new(join(at, "map_else"), "conflict", "needs a map"));
            }
        }
        if let Some(country) = json.get("country") {
            rule.country = flag(country, &join(at, "country"), faults).unwrap_or_default();
        }
        if let Some(date) = json.get("date") {
            rule.date = text(date, &join(at, "date"), faults).filter(|f| match crate::moment::check_format(f) {
                Ok(()) => true,
                Err(message) => {
                    faults.push(Fault::new(join(at, "date"), "format", message).value(f.as_str()));
                    false
                }
            });
        }
        if let Some(factor) = json.get("multiply") {
            let text = match factor {
                Json::Number(text) | Json::String(text) => Some(text),
                _ => None,
            };
            rule.multiply = text.and_then(|t| crate::number::decimal(t));
            if rule.multiply.is_none() {
                faults.push(
                    Fault::new(join(at, "multiply"), "format", "must be a decimal number such as \"1000000\"")
                        .value(factor.excerpt()),
                );
            }
            rule.multiply = rule.multiply.filter(|f| *f != Decimal::ONE);
        }
        if let Some(invalid) = json.get("on_invalid") {
            rule.null_invalid = word(invalid, &join(at, "on_invalid"), &[("refuse", false), ("null", true)], faults)
                .unwrap_or_default();
        }
        rule.default = json.get("default").filter(|d| !d.is_null()).cloned();
    }

    fn lookup(&mut self, json: &Json, at: &str, rule: &mut Rule, def: &ObjectDef) {
        if let Some(missing) = json.get("missing") {
            let words = [("refuse", Missing::Refuse), ("null", Missing::Null), ("create", Missing::Create)];
            rule.missing = word(missing, &join(at, "missing"), &words, &mut self.faults).unwrap_or_default();
            if json.get("lookup").is_none() {
                self.fault(&join(at, "missing"), "conflict", "needs a lookup");
            }
        }
        let Some(lookup) = json.get("lookup") else { return };
        let at = join(at, "lookup");
        if lookup.as_object().is_none() {
            return self.fault(&at, "type", "must be an object such as {\"object\": \"company\", \"by\": \"name\"}");
        }
        unknown(lookup, &at, &["object", "by"], &mut self.faults);
        let field = def.field(&rule.target).map(|(_, f)| f);
        let referred = field.and_then(|f| f.ty.as_reference()).map(|r| r.object.clone());
        if !rule.target.is_empty() && field.is_some_and(|f| !matches!(f.spec().name(), "reference" | "any_reference")) {
            self.fault(&at, "conflict", format!("{} is no reference", rule.target));
        }
        let object = match lookup.get("object") {
            Some(object) => text(object, &join(&at, "object"), &mut self.faults),
            None => referred.clone(),
        };
        if let (Some(object), Some(referred)) = (&object, &referred)
            && object != referred
        {
            self.fault(&join(&at, "object"), "conflict", format!("{} refers to {referred}, not {object}", rule.target));
        }
        let by = match lookup.get("by") {
            Some(by) => text(by, &join(&at, "by"), &mut self.faults),
            None => {
                self.fault(&join(&at, "by"), "required", "is required: a field of the object that is looked up");
                None
            }
        };
        let (Some(object), Some(by)) = (object, by) else {
            if lookup.get("object").is_none() && referred.is_none() {
                self.fault(&join(&at, "object"), "required", "is required");
            }
            return;
        };
        let catalog = self.catalog;
        match crate::object_of(catalog, &object) {
            Err(error) => self.faults.push(Fault::coded(join(&at, "object"), error.code(), error.detail())),
            Ok(target) => match target.field(&by) {
                None => {
                    let hint = name::hint(&by, target.paths());
                    self.faults.push(Fault::coded(
                        join(&at, "by"),
                        ErrorCode::UnknownField,
                        format!("is not a field of {object}{hint}"),
                    ));
                }
                Some((_, field))
                    if matches!(field.kind(), kontor_model::Kind::Json | kontor_model::Kind::Bool)
                        || field.spec().name() == "long_text" =>
                {
                    self.fault(
                        &join(&at, "by"),
                        "not_allowed",
                        format!("a field of type {} cannot be looked up by", field.spec().name()),
                    );
                }
                Some(_) => rule.lookup = Some(Lookup { object, by }),
            },
        }
    }

    fn template(&mut self, template: &str, at: &str) -> Option<Vec<Part>> {
        let mut parts = Vec::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            let Some((column, after)) = after.split_once('}').filter(|(c, _)| !c.is_empty()) else {
                self.fault(at, "format", "has a { without a column and a }");
                return None;
            };
            parts.push(Part::Column(column.to_owned()));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Some(parts)
    }
}

/// The unique field that rows are known by.
pub(crate) fn key(json: &Json, path: &str, def: &ObjectDef, faults: &mut Vec<Fault>) -> Option<String> {
    let named = text(json, path, faults)?;
    let unique = || def.shown().filter(|(_, f)| ObjectDef::is_key(f) && !f.read_only).map(|(_, f)| def.path(f));
    match def.field(&named).or_else(|| def.field(&format!("custom.{named}"))) {
        Some((_, field)) if ObjectDef::is_key(field) && !field.read_only => Some(def.path(field)),
        _ => {
            let known: Vec<String> = unique().collect();
            let hint = name::hint(&named, known.iter().map(String::as_str));
            faults.push(
                Fault::new(
                    path,
                    "not_allowed",
                    format!("must be a unique field of {}: {}{hint}", def.name, known.join(", ")),
                )
                .value(named),
            );
            None
        }
    }
}

pub(crate) fn options_of(json: &Json, mapping: &mut Mapping, faults: &mut Vec<Fault>) {
    if json.as_object().is_none() {
        faults.push(Fault::new("options", "type", format!("must be an object, not {}", json.kind())));
        return;
    }
    unknown(json, "options", OPTIONS, faults);
    mapping.delimiter =
        json.get("delimiter").filter(|j| !j.is_null()).and_then(|j| delimiter(j, "options.delimiter", faults));
    mapping.encoding = json.get("encoding").filter(|j| !j.is_null()).and_then(|j| text(j, "options.encoding", faults));
    mapping.sheet = json.get("sheet").filter(|j| !j.is_null()).and_then(|j| text(j, "options.sheet", faults));
}
