//! What an import is asked to do.

use kontor_catalog::Catalog;
use kontor_formats::{Detected, Format};
use kontor_model::{Error, ErrorCode, Fault, Json, Result};

use crate::mapping::{self, Mapping, Repeat};

const MEMBERS: &[&str] =
    &["object", "format", "key", "mapping", "options", "dry_run", "on_error", "repeat", "allow_duplicates"];

/// What a refused row does to the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnError {
    /// Nothing; it is reported.
    #[default]
    Continue,
    /// Ends the import behind the rows before it.
    Abort,
}

/// The options of an import, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportOptions {
    pub object: String,
    pub dry_run: bool,
    pub on_error: OnError,
    pub allow_duplicates: bool,
    /// None: columns go to the fields of the same name.
    mapping: Option<Mapping>,
    key: Option<String>,
    format: Option<Format>,
    repeat: Option<Repeat>,
    delimiter: Option<u8>,
    encoding: Option<String>,
    sheet: Option<String>,
    /// As it was sent.
    pub(crate) json: Json,
}

impl ImportOptions {
    /// Reads options (api.md 6, Bodies) strictly.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn parse(json: &Json, catalog: &Catalog) -> Result<Self> {
        if json.as_object().is_none() {
            return Err(Error::new(
                ErrorCode::Malformed,
                format!("options must be a JSON object, not {}", json.kind()),
            ));
        }
        let mut faults = Vec::new();
        mapping::unknown(json, "", MEMBERS, &mut faults);
        let sent = |key: &str| json.get(key).filter(|value| !value.is_null());
        // By singular or plural: both are how people say it.
        let outer = sent("object")
            .and_then(|o| mapping::text(o, "object", &mut faults))
            .map(|name| crate::object_of(catalog, &name).map_or(name, |def| def.name.clone()));
        let mapping = match sent("mapping").map(|m| Mapping::parse(m, outer.as_deref(), catalog)) {
            None => None,
            Some(Ok(mapping)) => Some(mapping),
            Some(Err(error)) => {
                faults.extend(error.faults().iter().cloned());
                None
            }
        };
        let object = outer.or_else(|| mapping.as_ref().map(|m| m.object.clone())).unwrap_or_default();
        let def = crate::object_of(catalog, &object);
        match &def {
            Ok(_) => {}
            Err(_) if object.is_empty() => faults.push(Fault::new(
                "object",
                "required",
                "is required: the name of the object that the rows become",
            )),
            // The mapping has said so already.
            Err(_) if sent("mapping").is_some() => {}
            Err(error) => faults.push(Fault::coded("object", error.code(), error.detail())),
        }
        let mut options = Self {
            key: def.ok().zip(sent("key")).and_then(|(def, key)| mapping::key(key, "key", def, &mut faults)),
            object,
            format: sent("format").and_then(|f| mapping::format(f, "format", &mut faults)),
            dry_run: sent("dry_run").and_then(|f| mapping::flag(f, "dry_run", &mut faults)).unwrap_or_default(),
            allow_duplicates: sent("allow_duplicates")
                .and_then(|f| mapping::flag(f, "allow_duplicates", &mut faults))
                // What is brought over from elsewhere is checked for duplicates where that is asked for.
                .unwrap_or(true),
            on_error: sent("on_error")
                .and_then(|w| {
                    mapping::word(
                        w,
                        "on_error",
                        &[("continue", OnError::Continue), ("abort", OnError::Abort)],
                        &mut faults,
                    )
                })
                .unwrap_or_default(),
            repeat: sent("repeat").and_then(|w| mapping::word(w, "repeat", mapping::REPEATS, &mut faults)),
            mapping,
            delimiter: None,
            encoding: None,
            sheet: None,
            json: json.clone(),
        };
        if let Some(file) = sent("options") {
            let mut read = Mapping::default();
            mapping::options_of(file, &mut read, &mut faults);
            (options.delimiter, options.encoding, options.sheet) = (read.delimiter, read.encoding, read.sheet);
        }
        if let (Some(key), Some(mapping)) = (&options.key, &options.mapping)
            && !mapping.fields.iter().any(|r| r.target == *key)
        {
            faults.push(Fault::new("key", "required", format!("is {key}, which the mapping does not set")));
        }
        if faults.is_empty() { Ok(options) } else { Err(Error::from_faults(faults)) }
    }

    fn of_mapping<T>(&self, own: Option<T>, get: impl Fn(&Mapping) -> Option<T>) -> Option<T> {
        own.or_else(|| self.mapping.as_ref().and_then(get))
    }

    /// The format that was named, else the file name's, else CSV.
    pub fn format(&self, file_name: &str) -> Format {
        self.of_mapping(self.format, |m| m.format).or_else(|| Format::from_file_name(file_name)).unwrap_or(Format::Csv)
    }

    /// How the file is read.
    pub fn reading(&self) -> kontor_formats::Options {
        kontor_formats::Options {
            delimiter: self.of_mapping(self.delimiter, |m| m.delimiter),
            encoding: self.of_mapping(self.encoding.clone(), |m| m.encoding.clone()),
            sheet: self.of_mapping(self.sheet.clone(), |m| m.sheet.clone()),
            ..kontor_formats::Options::default()
        }
    }

    /// Whether the mapping was guessed.
    pub fn is_guessed(&self) -> bool {
        self.mapping.is_none()
    }

    /// The mapping for a file with these columns.
    ///
    /// # Errors
    /// 400001: columns that the mapping reads are not there, or none fits a field.
    pub fn mapping(&self, catalog: &Catalog, detected: &Detected) -> Result<Mapping> {
        let mut mapping = match &self.mapping {
            Some(mapping) => mapping.clone(),
            None => {
                let def = crate::object_of(catalog, &self.object)?;
                let guessed = mapping::guess(def, &detected.columns);
                if guessed.fields.is_empty() {
                    let columns = detected.columns.iter().take(20).cloned().collect::<Vec<_>>().join(", ");
                    let message = format!(
                        "is needed: no column of the file has the name of a field of {} (columns: {columns})",
                        def.name
                    );
                    return Err(Fault::new("mapping", "required", message).into());
                }
                guessed
            }
        };
        if matches!(detected.format, Format::Csv | Format::Xlsx) {
            mapping.fits(&detected.columns)?;
        }
        if let Some(key) = &self.key {
            if !mapping.fields.iter().any(|r| r.target == *key) {
                return Err(
                    Fault::new("key", "required", format!("is {key}, which no column of the file gives")).into()
                );
            }
            mapping.key = Some(key.clone());
        }
        mapping.repeat = self.repeat.unwrap_or(mapping.repeat);
        Ok(mapping)
    }

    /// Whether created_at and the like are set, which only an administrator may.
    pub fn has_history(&self) -> bool {
        self.mapping.as_ref().is_some_and(|m| !m.history.is_empty())
    }
}
