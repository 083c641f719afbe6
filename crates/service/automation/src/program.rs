//! What a workflow does: its steps, read from JSON and checked when they are saved.

use std::collections::HashSet;

use kontor_catalog::Catalog;
use kontor_model::{Fault, name};
use kontor_templates::Limits;
use serde_json::{Map, Value as J, json};

/// Steps of a workflow, nested ones included, and how deep they nest.
const MOST: usize = 200;
const DEEPEST: usize = 8;
/// Bytes of a workflow's steps.
const LARGEST: usize = 64 << 10;
/// Attempts at a step, and seconds between them.
const TRIES: u64 = 20;
const LONGEST_PAUSE: u64 = 86_400;

/// The names that expressions know.
pub(crate) const NAMES: &[&str] =
    &["record", "changed", "event", "input", "steps", "item", "index", "now", "today", "workflow", "run"];

/// What steps there are: kind, members that it needs, members that it takes besides.
const KINDS: &[(&str, &[&str], &[&str])] = &[
    ("create", &["object", "data"], &[]),
    ("update", &["data"], &["object", "id"]),
    ("delete", &[], &["object", "id"]),
    ("action", &["action"], &["object", "id", "body"]),
    ("find", &["object"], &["filter", "sort", "limit"]),
    ("wait", &[], &["seconds", "minutes", "hours", "days", "until", "for", "about"]),
    ("branch", &["if"], &["then", "else"]),
    ("loop", &["over", "do"], &[]),
    ("notify", &["title"], &["to", "body"]),
    ("email", &["to", "subject", "text"], &["reply_to"]),
    ("webhook", &["url"], &["body", "headers", "timeout", "result"]),
    ("function", &[], &["url", "credential", "function", "qualifier", "body", "headers", "timeout", "result"]),
    ("stop", &[], &["reason"]),
];
const COMMON: &[&str] = &["kind", "name", "when", "retry", "on_error"];
/// Members that hold steps.
const LISTS: &[&str] = &["then", "else", "do", "on_error"];
/// Members that are expressions by themselves.
const EXPRESSIONS: &[&str] = &["if", "over", "when", "until"];
/// Headers that say who calls, and would lie open in a workflow; calls are signed instead.
const CLOSED_HEADERS: &[&str] =
    &["authorization", "proxy-authorization", "cookie", "x-api-key", "host", "content-length", "content-type"];

/// What expressions of a `result` know besides [`NAMES`].
const ANSWER: &str = "response";

/// Seconds that a call may take.
pub(crate) fn timeout(kind: &str) -> u64 {
    if kind == "function" { 60 } else { 30 }
}

/// The credentials that steps name, with their places.
pub(crate) fn credentials(steps: &J, place: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (n, step) in steps.as_array().into_iter().flatten().enumerate() {
        let at = format!("{place}.{n}");
        let name = step["credential"].as_str().filter(|name| !name.is_empty() && !name.contains("{{"));
        found.extend(name.map(|name| (format!("{at}.credential"), name.to_owned())));
        found.extend(LISTS.iter().flat_map(|list| credentials(&step[*list], &format!("{at}.{list}"))));
    }
    found
}

/// The step at a place such as `2.then.0`.
pub(crate) fn at<'p>(steps: &'p J, place: &str) -> Option<&'p J> {
    place.split('.').try_fold(steps, |here, part| match here {
        J::Array(items) => items.get(part.parse::<usize>().ok()?),
        J::Object(members) => members.get(part),
        _ => None,
    })
}

/// The places of the steps of a list.
pub(crate) fn places(list: &J, under: &str) -> Vec<String> {
    let count = list.as_array().map_or(0, Vec::len);
    (0..count).map(|n| if under.is_empty() { n.to_string() } else { format!("{under}.{n}") }).collect()
}

/// Checks the steps of a workflow; every fault names its place, as `steps.2.then.0.data`.
pub fn check(steps: &J, catalog: &Catalog) -> Vec<Fault> {
    let mut checker = Checker { catalog, faults: Vec::new(), count: 0, names: HashSet::new() };
    if steps.to_string().len() > LARGEST {
        return vec![Fault::new("steps", "too_long", format!("are more than {LARGEST} bytes"))];
    }
    checker.list(steps, "steps", 0);
    checker.faults
}

/// Checks an expression.
pub(crate) fn expression(text: &str, field: &str) -> Option<Fault> {
    kontor_templates::check_condition(text, &known()).err().map(|wrong| wrong.fault(field))
}

/// Names without values: what is under them shows when a workflow runs.
fn known() -> J {
    J::Object(NAMES.iter().map(|name| ((*name).to_owned(), J::Null)).collect())
}

/// The same with what came back from a call.
fn with_answer() -> J {
    let mut names = known();
    names[ANSWER] = J::Null;
    names
}

struct Checker<'c> {
    catalog: &'c Catalog,
    faults: Vec<Fault>,
    count: usize,
    names: HashSet<String>,
}

impl Checker<'_> {
    fn fault(&mut self, place: impl Into<String>, code: &'static str, why: impl Into<String>) {
        self.faults.push(Fault::new(place.into(), code, why.into()));
    }

    fn list(&mut self, list: &J, place: &str, depth: usize) {
        let Some(items) = list.as_array() else {
            return self.fault(place, "type", "must be a list of steps");
        };
        if depth > DEEPEST {
            return self.fault(place, "too_deep", format!("nests deeper than {DEEPEST}"));
        }
        for (n, item) in items.iter().enumerate() {
            self.count += 1;
            if self.count == MOST + 1 {
                self.fault(place, "too_long", format!("a workflow has at most {MOST} steps"));
            }
            if self.count <= MOST {
                self.step(item, &format!("{place}.{n}"), depth);
            }
        }
    }

    fn step(&mut self, step: &J, place: &str, depth: usize) {
        let Some(members) = step.as_object() else {
            return self.fault(place, "type", "must be an object such as {\"kind\": \"notify\", \"title\": \"…\"}");
        };
        let kind = members.get("kind").and_then(J::as_str).unwrap_or_default();
        let Some((_, needed, others)) = KINDS.iter().find(|(name, ..)| *name == kind) else {
            let names = || KINDS.iter().map(|(name, ..)| *name);
            let hint = name::hint(kind, names());
            let all = names().collect::<Vec<_>>().join(", ");
            return self.fault(format!("{place}.kind"), "enum", format!("must be one of {all}{hint}"));
        };
        let takes = |member: &str| [COMMON, needed, others].iter().any(|list| list.contains(&member));
        for member in members.keys().filter(|member| !takes(member)) {
            let all = || COMMON.iter().chain(*needed).chain(*others).copied();
            let hint = name::hint(member, all());
            self.fault(format!("{place}.{member}"), "unknown", format!("is no member of {kind}{hint}"));
        }
        for member in needed.iter().filter(|member| members.get(**member).is_none_or(J::is_null)) {
            self.fault(format!("{place}.{member}"), "required", "is required");
        }
        for (member, value) in members.iter().filter(|(member, value)| takes(member) && !value.is_null()) {
            let at = format!("{place}.{member}");
            match (member.as_str(), value) {
                ("on_error", J::String(word)) if word == "stop" || word == "continue" => {}
                (list, value) if LISTS.contains(&list) && (list != "on_error" || value.is_array()) => {
                    self.list(value, &at, depth + 1);
                }
                ("on_error", _) => self.fault(at, "type", "must be \"stop\", \"continue\" or a list of steps"),
                ("over", J::Array(_)) => self.texts(value, &at),
                (word, J::String(text)) if EXPRESSIONS.contains(&word) => {
                    self.faults.extend(expression(text, &at));
                }
                (word, _) if EXPRESSIONS.contains(&word) => self.fault(at, "type", "must be an expression, as a text"),
                ("result", _) => self.texts_of(value, &at, &with_answer()),
                _ => self.texts(value, &at),
            }
        }
        self.common(members, place);
        self.own(kind, members, place);
    }

    /// Texts with places for values.
    fn texts(&mut self, value: &J, place: &str) {
        self.texts_of(value, place, &known());
    }

    fn texts_of(&mut self, value: &J, place: &str, names: &J) {
        match value {
            J::String(text) => {
                if let Err(wrong) = kontor_templates::check(text, names, &Limits::default()) {
                    self.faults.push(wrong.fault(place));
                }
            }
            J::Array(items) => {
                items.iter().enumerate().for_each(|(n, item)| self.texts_of(item, &format!("{place}.{n}"), names));
            }
            J::Object(members) => {
                members.iter().for_each(|(name, member)| self.texts_of(member, &format!("{place}.{name}"), names));
            }
            _ => {}
        }
    }

    fn common(&mut self, members: &Map<String, J>, place: &str) {
        if let Some(name) = members.get("name") {
            let at = format!("{place}.name");
            match name.as_str().filter(|name| kontor_model::name::is_valid(name)) {
                None => self.fault(at, "format", "must be a name such as new_task"),
                Some(name) if !self.names.insert(name.to_owned()) => {
                    self.fault(at, "unique", "names another step already");
                }
                Some(_) => {}
            }
        }
        if let Some(retry) = members.get("retry").filter(|retry| !retry.is_null()) {
            let within = |name: &str, most: u64| retry.get(name).is_none_or(|n| n.as_u64().is_some_and(|n| n <= most));
            let known = retry.as_object().is_some_and(|r| r.keys().all(|name| name == "tries" || name == "seconds"));
            if !known || !within("tries", TRIES) || !within("seconds", LONGEST_PAUSE) {
                let why = format!(
                    "must be {{\"tries\": up to {TRIES}, \"seconds\": before the second, up to {LONGEST_PAUSE}}}"
                );
                self.fault(format!("{place}.retry"), "type", why);
            }
        }
    }

    /// What only steps of one kind ask for.
    fn own(&mut self, kind: &str, members: &Map<String, J>, place: &str) {
        let text = |name: &str| members.get(name).and_then(J::as_str);
        if let Some(object) = text("object").filter(|_| kind != "branch") {
            let def = self.catalog.object(object).filter(|def| def.routed);
            match def {
                None => {
                    let hint = name::hint(object, self.catalog.objects().map(|o| o.name.as_str()));
                    self.fault(format!("{place}.object"), "unknown", format!("there is no object \"{object}\"{hint}"));
                }
                Some(def) => {
                    let action = text("action").filter(|_| kind == "action");
                    if let Some(action) = action.filter(|name| !def.actions.iter().any(|one| one.name == *name)) {
                        let hint = name::hint(action, def.actions.iter().map(|one| one.name.as_str()));
                        let why = format!("{} have no action \"{action}\"{hint}", def.plural);
                        self.fault(format!("{place}.action"), "unknown", why);
                    }
                    if let Some(J::Object(data)) = members.get("data").filter(|_| kind == "create" || kind == "update")
                    {
                        for path in data.keys().filter(|path| *path != "custom" && *path != "lines") {
                            if def.field(path).is_none() {
                                let hint = name::hint(path, def.paths());
                                let why = format!("is not a field of {object}{hint}");
                                self.fault(format!("{place}.data.{path}"), "unknown", why);
                            }
                        }
                    }
                }
            }
        }
        for member in ["data", "body", "headers"] {
            let must = members.get(member).filter(|value| !value.is_null());
            let is_text = member == "body" && kind == "notify";
            if must.is_some_and(|value| !value.is_object() && !is_text) {
                self.fault(format!("{place}.{member}"), "type", "must be an object");
            }
        }
        let headers = members.get("headers").and_then(J::as_object);
        for header in headers.into_iter().flat_map(Map::keys) {
            let low = header.to_ascii_lowercase();
            if CLOSED_HEADERS.contains(&low.as_str()) || low.starts_with("webhook-") || low == "idempotency-key" {
                let why = "is not set here: whoever is called knows the caller by the signature";
                self.fault(format!("{place}.headers.{header}"), "unknown", why);
            }
        }
        match kind {
            "wait" => {
                let spans = ["seconds", "minutes", "hours", "days"];
                let given = spans.iter().chain(&["until", "for"]).any(|name| members.contains_key(*name));
                if !given {
                    self.fault(place, "required", "needs seconds, minutes, hours, days, until or for");
                }
                for span in spans.iter().filter(|span| members.get(**span).is_some_and(|n| n.as_u64().is_none())) {
                    self.fault(format!("{place}.{span}"), "type", "must be a whole number");
                }
                if let Some(Err(error)) = text("for").map(kontor_events::Types::parse) {
                    self.fault(format!("{place}.for"), "format", error.detail().to_owned());
                }
            }
            "find" => {
                if let Some(filter) = members.get("filter").filter(|filter| !filter.is_null() && !filter.is_object()) {
                    self.fault(format!("{place}.filter"), "type", format!("must be a filter, not {filter}"));
                }
                if members.get("limit").is_some_and(|n| n.as_u64().is_none_or(|n| n == 0 || n > 500)) {
                    self.fault(format!("{place}.limit"), "type", "must be a number from 1 to 500");
                }
            }
            "webhook" | "function" => {
                let has = |name: &str| members.get(name).is_some_and(|value| !value.is_null());
                let most = timeout(kind);
                if has("timeout") && members.get("timeout").and_then(J::as_u64).is_none_or(|n| n == 0 || n > most) {
                    self.fault(format!("{place}.timeout"), "type", format!("must be seconds, from 1 to {most}"));
                }
                if kind == "function" && has("url") == has("function") {
                    let why =
                        "needs url, the address of the function, or function, its name at AWS Lambda, and not both";
                    self.fault(format!("{place}.url"), "required", why);
                }
                if has("function") && !has("credential") {
                    let why = "is required: the name of a function credential";
                    self.fault(format!("{place}.credential"), "required", why);
                }
                if has("qualifier") && !has("function") {
                    self.fault(format!("{place}.qualifier"), "unknown", "is of function: its version or alias");
                }
                if has("credential") && !members.get("credential").is_some_and(J::is_string) {
                    self.fault(format!("{place}.credential"), "type", "must be the name of a function credential");
                }
                if has("result") && !members.get("result").is_some_and(J::is_object) {
                    self.fault(
                        format!("{place}.result"),
                        "type",
                        "must be an object such as {\"score\": \"{{ response.body.score }}\"}",
                    );
                }
            }
            "loop" if !members.get("over").is_some_and(|over| over.is_string() || over.is_array()) => {
                self.fault(format!("{place}.over"), "type", "must be an expression or a list");
            }
            _ => {}
        }
    }
}

/// The form of steps as JSON Schema (2020-12), for editors.
pub fn schema() -> J {
    let step = |(kind, needed, others): &(&str, &[&str], &[&str])| {
        let member = |name: &&str| {
            let schema = match *name {
                list if LISTS.contains(&list) && list != "on_error" => json!({"$ref": "#/$defs/steps"}),
                "on_error" => json!({"anyOf": [{"enum": ["stop", "continue"]}, {"$ref": "#/$defs/steps"}]}),
                "retry" => json!({"type": "object", "additionalProperties": false, "properties": {
                    "tries": {"type": "integer", "minimum": 0, "maximum": TRIES},
                    "seconds": {"type": "integer", "minimum": 0, "maximum": LONGEST_PAUSE}}}),
                "kind" => json!({"const": kind}),
                "data" | "filter" | "headers" | "result" => json!({"type": "object"}),
                "timeout" => json!({"type": "integer", "minimum": 1, "maximum": timeout(kind)}),
                "name" => json!({"type": "string", "pattern": "^[a-z][a-z0-9_]*$"}),
                "url" | "credential" | "function" | "qualifier" | "title" | "to" | "subject" | "text" | "reason"
                | "object" | "action" | "if" | "when" | "until" | "for" => json!({"type": "string"}),
                "over" => json!({"type": ["string", "array"]}),
                "seconds" | "minutes" | "hours" | "days" | "limit" => json!({"type": "integer", "minimum": 0}),
                _ => json!({}),
            };
            ((*name).to_owned(), schema)
        };
        let properties: Map<String, J> = COMMON.iter().chain(*needed).chain(*others).map(member).collect();
        let required: Vec<&str> = std::iter::once("kind").chain(needed.iter().copied()).collect();
        let mut form =
            json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false});
        if *kind == "function" {
            form["oneOf"] = json!([{"required": ["url"]}, {"required": ["function", "credential"]}]);
        }
        form
    };
    let steps: Vec<J> = KINDS.iter().map(step).collect();
    json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": "#/$defs/steps",
        "$defs": {"steps": {"type": "array", "maxItems": MOST, "items": {"oneOf": steps}}}})
}

#[cfg(test)]
mod tests;
