//! The sources of settings, each as a figment provider whose name is what a message calls it.

use std::path::Path;

use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Error, Metadata, Profile, Provider};

use crate::overrides::find;
use crate::{KEYS, Key, Overrides, Problem};

/// Values that came from one place.
pub(crate) struct Layer {
    pub from: String,
    pub values: Dict,
}

impl Layer {
    fn one(from: String, key: &Key, text: &str) -> Self {
        let values = figment::util::nest(key.name, key.kind.read(text)).into_dict().unwrap_or_default();
        Self { from, values }
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.from.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

pub(crate) fn file(path: &Path, problems: &mut Vec<Problem>) -> Option<Layer> {
    let from = format!("file {}", path.display());
    let mut refuse = |fault: String, remedy: &str| {
        let remedy = remedy.to_owned();
        problems.push(Problem { key: String::new(), source: from.clone(), fault, remedy });
        None
    };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(cause) => return refuse(format!("cannot be read: {cause}"), "Name a file that is there and may be read."),
    };
    let values = match Toml::string(&text).data() {
        Ok(mut profiles) => profiles.remove(&Profile::Default).unwrap_or_default(),
        Err(cause) => {
            return refuse(
                format!("is not TOML: {}", without_source(&cause.to_string())),
                "Quote texts, and write lists as [\"a\"].",
            );
        }
    };
    unknown("", &values, &from, problems);
    Some(Layer { from, values })
}

pub(crate) fn environment(
    variables: impl Iterator<Item = (String, String)>,
    problems: &mut Vec<Problem>,
) -> Vec<Layer> {
    let names: Vec<String> = KEYS.iter().map(Key::env).collect();
    let mut layers = Vec::new();
    for (name, text) in variables.filter(|(name, text)| name.starts_with("KONTOR_") && !text.is_empty()) {
        let from = format!("environment {name}");
        if let Some(key) = KEYS.iter().find(|key| key.env() == name) {
            layers.push(Layer::one(from, key, &text));
        } else if let Some(near) = names.iter().find(|near| strsim::damerau_levenshtein(near, &name) <= 2) {
            // Other programs of the project read KONTOR_… too, so only a likely slip is refused.
            let remedy = format!("Did you mean {near}?");
            problems.push(Problem {
                key: name,
                source: "environment".to_owned(),
                fault: "no such setting".to_owned(),
                remedy,
            });
        }
    }
    layers
}

pub(crate) fn flags(overrides: &Overrides, problems: &mut Vec<Problem>) -> Vec<Layer> {
    let mut layers = Vec::new();
    for pair in &overrides.set {
        let (name, text) = pair.split_once('=').unwrap_or((pair.as_str(), ""));
        match find(name) {
            Some(key) => layers.push(Layer::one(format!("flag --set {name}"), key, text)),
            None => problems.push(no_such(name, "flag --set")),
        }
    }
    for (flag, name, text) in overrides.named() {
        layers.extend(find(name).map(|key| Layer::one(format!("flag {flag}"), key, text)));
    }
    layers
}

/// The parser's message without the line it quotes, which may hold a password.
fn without_source(message: &str) -> String {
    let said: Vec<&str> =
        message.lines().map(str::trim).filter(|line| !line.is_empty() && !line.contains('|')).collect();
    said.join(", ")
}

fn unknown(prefix: &str, values: &Dict, from: &str, problems: &mut Vec<Problem>) {
    for (name, value) in values {
        let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        let is_section = KEYS.iter().any(|key| key.name.strip_prefix(&name).is_some_and(|rest| rest.starts_with('.')));
        match value {
            Value::Dict(_, inner) if is_section || (!inner.is_empty() && find(&name).is_none()) => {
                unknown(&name, inner, from, problems);
            }
            _ if find(&name).is_some() => {}
            _ => problems.push(no_such(&name, from)),
        }
    }
}

fn no_such(name: &str, from: &str) -> Problem {
    let remedy = match nearest(name) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => "Every setting is in kontor.default.toml.".to_owned(),
    };
    Problem { key: name.to_owned(), source: from.to_owned(), fault: "no such setting".to_owned(), remedy }
}

/// The setting that was likely meant: a near miss of the whole name, or of the last part in another section.
fn nearest(name: &str) -> Option<&'static str> {
    fn last(name: &str) -> &str {
        name.rsplit('.').next().unwrap_or(name)
    }
    let distance = |key: &str| {
        let whole = strsim::damerau_levenshtein(name, key);
        whole.min(strsim::damerau_levenshtein(last(name), last(key)) + 1)
    };
    let best = KEYS.iter().min_by_key(|key| distance(key.name))?;
    (distance(best.name) <= (name.len() / 3).max(2)).then_some(best.name)
}
