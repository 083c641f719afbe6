//! How the columns of a file become the fields of an object.

mod guess;
mod parse;
mod read;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use kontor_formats::Format;
use kontor_model::{Error, Fault, Json, Result, name};
use rust_decimal::Decimal;

pub use guess::guess;
pub(crate) use parse::{REPEATS, key, options_of};
pub(crate) use read::{flag, format, text, unknown, word};

/// Where a field's text comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum From {
    Column(String),
    Const(Json),
    /// Constant texts and columns in turn.
    Template(Vec<Part>),
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Text(String),
    Column(String),
}

/// What a reference that finds nothing does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    /// Refuses the row.
    #[default]
    Refuse,
    /// Leaves the field empty, and says so.
    Null,
    /// Makes the record.
    Create,
}

/// What becomes of a text that a `map` does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MapElse {
    #[default]
    Keep,
    Refuse,
    Null,
}

/// Which part of a person's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// All words but the last.
    First,
    /// The last word.
    Last,
}

/// How a reference is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    pub object: String,
    /// A field's path.
    pub by: String,
}

/// One field of the records.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The field's path.
    pub target: String,
    pub from: From,
    /// Texts that stand for nothing.
    pub empty: Vec<String>,
    pub split: Option<Split>,
    pub map: HashMap<String, Json>,
    pub map_else: MapElse,
    /// `map_else: keep` was said: the map mends some values, and each is reported as corrected.
    pub mends: bool,
    /// Names of countries become their codes.
    pub country: bool,
    /// strptime.
    pub date: Option<String>,
    pub multiply: Option<Decimal>,
    pub lookup: Option<Lookup>,
    pub missing: Missing,
    /// A value that the field does not take leaves it empty instead of refusing the row.
    pub null_invalid: bool,
    /// When there is nothing.
    pub default: Option<Json>,
}

impl Rule {
    /// The column as it is.
    pub fn plain(target: &str, column: &str) -> Self {
        Self {
            target: target.to_owned(),
            from: From::Column(column.to_owned()),
            empty: Vec::new(),
            split: None,
            map: HashMap::new(),
            map_else: MapElse::Keep,
            mends: false,
            country: false,
            date: None,
            multiply: None,
            lookup: None,
            missing: Missing::Refuse,
            null_invalid: false,
            default: None,
        }
    }

    /// The columns that it reads.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let (one, parts) = match &self.from {
            From::Column(column) => (Some(column.as_str()), [].as_slice()),
            From::Const(_) => (None, [].as_slice()),
            From::Template(parts) => (None, parts.as_slice()),
        };
        one.into_iter().chain(parts.iter().filter_map(|part| match part {
            Part::Column(column) => Some(column.as_str()),
            Part::Text(_) => None,
        }))
    }
}

/// What a second row with the same key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Repeat {
    #[default]
    Update,
    Skip,
    Refuse,
}

/// A whole mapping.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mapping {
    pub object: String,
    /// A unique field: rows update the records that have its value.
    pub key: Option<String>,
    pub format: Option<Format>,
    pub delimiter: Option<u8>,
    pub encoding: Option<String>,
    pub sheet: Option<String>,
    pub fields: Vec<Rule>,
    /// created_at, updated_at, created_by.
    pub history: Vec<Rule>,
    /// Rows whose column has one of these texts are left out.
    pub skip_when: Vec<(String, Vec<String>)>,
    pub repeat: Repeat,
}

impl Mapping {
    /// Every rule.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.fields.iter().chain(&self.history)
    }

    /// Every column that is read.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.rules().flat_map(Rule::columns).chain(self.skip_when.iter().map(|(column, _)| column.as_str()))
    }

    /// Whether a table with these columns has what the mapping reads.
    ///
    /// # Errors
    /// All columns that are not there, each with the nearest one.
    pub fn fits(&self, columns: &[String]) -> Result<()> {
        let mut missing: Vec<&str> = self.columns().filter(|c| !columns.iter().any(|there| there == c)).collect();
        missing.sort_unstable();
        missing.dedup();
        let fault = |column: &str| {
            let hint = name::hint(column, columns.iter().map(String::as_str));
            Fault::new(
                "mapping",
                "unknown",
                format!("reads the column \"{column}\", which the file does not have{hint}"),
            )
            .value(column)
        };
        let faults: Vec<Fault> = missing.into_iter().map(fault).collect();
        if faults.is_empty() { Ok(()) } else { Err(Error::from_faults(faults)) }
    }

    /// Columns that nothing reads.
    pub fn ignored<'a>(&self, columns: &'a [String]) -> Vec<&'a str> {
        let read: std::collections::HashSet<&str> = self.columns().collect();
        columns.iter().map(String::as_str).filter(|c| !read.contains(c)).collect()
    }
}
