//! From sources to a checked configuration.

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::Serialized;
use figment::value::Value;

use crate::kind::number;
use crate::secret::masked;
use crate::{Config, ConfigError, KEYS, Key, Kind, Overrides, Problem, layer};

impl Config {
    /// Resolves `file` < `env` < `overrides` over the defaults. Of `env` only `KONTOR_…` is looked at; pass
    /// `std::env::vars()` outside tests.
    ///
    /// # Errors
    /// All faults at once: unreadable file, unknown setting, wrong value.
    pub fn load(
        file: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
        overrides: Overrides,
    ) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        let layers = file
            .and_then(|path| layer::file(path, &mut problems))
            .into_iter()
            .chain(layer::environment(env, &mut problems))
            .chain(layer::flags(&overrides, &mut problems))
            .collect::<Vec<_>>();

        let figment = layers.into_iter().fold(Figment::from(Serialized::defaults(Self::default())), Figment::merge);
        problems.extend(KEYS.iter().filter_map(|key| check(&figment, key)));
        if !problems.is_empty() {
            return Err(ConfigError { problems });
        }
        figment.extract().map_err(|cause| ConfigError {
            problems: vec![Problem {
                key: cause.path.join("."),
                source: "configuration".to_owned(),
                fault: cause.kind.to_string(),
                remedy: "Every setting is in kontor.default.toml.".to_owned(),
            }],
        })
    }
}

/// `explicit`, or `kontor.toml` in the working directory when it is there.
#[must_use]
pub fn find_file(explicit: Option<&Path>) -> Option<PathBuf> {
    match explicit {
        Some(path) => Some(path.to_owned()),
        None => Some(PathBuf::from("kontor.toml")).filter(|path| path.is_file()),
    }
}

fn check(figment: &Figment, key: &Key) -> Option<Problem> {
    let value = figment.find_value(key.name).ok().filter(|value| !matches!(value, Value::Empty(..)))?;
    let wrong = key.kind.check(&value).err()?;
    let source = figment.get_metadata(value.tag()).map_or("default".to_owned(), |source| source.name.to_string());
    Some(Problem {
        key: key.name.to_owned(),
        source,
        fault: format!("{} {wrong}", shown(key.kind, &value)),
        remedy: key.kind.remedy(),
    })
}

fn shown(kind: Kind, value: &Value) -> String {
    match (kind, value.as_str()) {
        (Kind::Secret, _) => "`***`".to_owned(),
        (Kind::Url(_), Some(text)) => format!("`{}`", masked(text)),
        (_, Some(text)) => format!("`{}`", text.escape_debug()),
        (_, None) => match (number(value), value.to_bool()) {
            (Some(number), _) => format!("`{number}`"),
            (None, Some(switch)) => format!("`{switch}`"),
            (None, None) => "the value".to_owned(),
        },
    }
}
