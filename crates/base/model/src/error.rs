//! The one error: what the caller reads and what the log holds are two texts.

use std::fmt;

use crate::code::ErrorCode;
use crate::id::Id;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// As the caller wrote it, e.g. `mobile` or `custom.score` or `operations.3.data.email`.
    pub field: String,
    /// A word: `required`, `format`, `too_long`, `not_allowed`, `taken`, `unknown`, …
    pub code: &'static str,
    pub error_code: ErrorCode,
    pub message: String,
    /// The offending value, cut to 200 characters.
    pub value: Option<String>,
    /// Values that would have been right, for enums.
    pub allowed: Vec<String>,
    /// The record that stands in the way, for unique values.
    pub existing: Option<Id>,
}

impl Fault {
    /// A fault of validation (400001).
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            code,
            error_code: ErrorCode::Invalid,
            message: message.into(),
            value: None,
            allowed: Vec::new(),
            existing: None,
        }
    }

    /// A fault with a code of its own.
    pub fn coded(field: impl Into<String>, error_code: ErrorCode, message: impl Into<String>) -> Self {
        Self { error_code, ..Self::new(field, error_code.word(), message) }
    }

    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = Some(value.into());
        self
    }

    #[must_use]
    pub fn allowed(mut self, allowed: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.allowed = allowed.into_iter().map(Into::into).collect();
        self
    }

    /// The same fault under a path, e.g. `operations.3`.
    #[must_use]
    pub fn under(mut self, path: &str) -> Self {
        self.field = if self.field.is_empty() { path.to_owned() } else { format!("{path}.{}", self.field) };
        self
    }
}

/// Why a call was refused or failed.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    code: ErrorCode,
    detail: String,
    faults: Vec<Fault>,
    allow: Option<String>,
    version: Option<i64>,
    ids: Vec<Id>,
    retry_after: Option<u32>,
    scope: Option<String>,
    /// For the log only.
    internal: Option<String>,
}

impl Error {
    /// `detail` is for the caller: it names the field or parameter and the remedy, and nothing internal.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            detail: detail.into(),
            faults: Vec::new(),
            allow: None,
            version: None,
            ids: Vec::new(),
            retry_after: default_retry(code),
            scope: None,
            internal: None,
        }))
    }

    /// One fault answers with its own code, several with 400001 and each its own (api.md 7).
    pub fn from_faults(mut faults: Vec<Fault>) -> Self {
        let single = if faults.len() == 1 { faults.first().cloned() } else { None };
        let mut error = match single {
            Some(fault) => {
                let detail = if fault.field.is_empty() || fault.message.starts_with(&fault.field) {
                    fault.message.clone()
                } else {
                    format!("{} {}", fault.field, fault.message)
                };
                Self::new(fault.error_code, detail).with_ids(fault.existing)
            }
            None => Self::new(ErrorCode::Invalid, format!("{} faults; each is named in errors", faults.len())),
        };
        error.0.faults.append(&mut faults);
        error
    }

    /// A failure of this side; `internal` goes to the log and never to the caller.
    pub fn internal(internal: impl fmt::Display) -> Self {
        Self::new(ErrorCode::Unexpected, "something went wrong on our side; the request_id finds it in the log")
            .with_internal(internal)
    }

    /// No such record, or not for this caller: the two look the same.
    pub fn not_found() -> Self {
        Self::new(ErrorCode::NotFound, "no such record in this space")
    }

    #[must_use]
    pub fn with_internal(mut self, internal: impl fmt::Display) -> Self {
        self.0.internal = Some(internal.to_string());
        self
    }

    /// The methods that a resource does allow, for 405.
    #[must_use]
    pub fn with_allow(mut self, allow: impl Into<String>) -> Self {
        self.0.allow = Some(allow.into());
        self
    }

    /// The record's current version, for 412.
    #[must_use]
    pub fn with_version(mut self, version: i64) -> Self {
        self.0.version = Some(version);
        self
    }

    /// Records that stand in the way.
    #[must_use]
    pub fn with_ids(mut self, ids: impl IntoIterator<Item = Id>) -> Self {
        self.0.ids.extend(ids);
        self
    }

    /// The faults behind an error whose code is already said.
    #[must_use]
    pub fn with_faults(mut self, faults: Vec<Fault>) -> Self {
        self.0.faults = faults;
        self
    }

    /// Seconds after which to try again.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// The scope that would open the way, for 403001.
    #[must_use]
    pub fn with_scope(mut self, scope: impl Into<String>) -> Self {
        self.0.scope = Some(scope.into());
        self
    }

    /// The same error with its fields under a path, e.g. `operations.3`.
    #[must_use]
    pub fn under(mut self, path: &str) -> Self {
        self.0.faults = std::mem::take(&mut self.0.faults).into_iter().map(|f| f.under(path)).collect();
        self.0.detail = format!("{path}: {}", self.0.detail);
        self
    }

    /// As [`Error::under`], for an error about the data of an operation: `operations.3` and then `data` before its
    /// fields.
    #[must_use]
    pub fn under_operation(mut self, number: usize) -> Self {
        self.0.faults = std::mem::take(&mut self.0.faults).into_iter().map(|f| f.under("data")).collect();
        self.under(&format!("operations.{number}"))
    }

    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    pub fn faults(&self) -> &[Fault] {
        &self.0.faults
    }

    pub fn allow(&self) -> Option<&str> {
        self.0.allow.as_deref()
    }

    pub fn version(&self) -> Option<i64> {
        self.0.version
    }

    pub fn ids(&self) -> &[Id] {
        &self.0.ids
    }

    pub fn retry_after(&self) -> Option<u32> {
        self.0.retry_after
    }

    pub fn scope(&self) -> Option<&str> {
        self.0.scope.as_deref()
    }

    /// What only the log may hold.
    pub fn internal_text(&self) -> Option<&str> {
        self.0.internal.as_deref()
    }
}

fn default_retry(code: ErrorCode) -> Option<u32> {
    match code {
        ErrorCode::DatabaseTimeout => Some(2),
        ErrorCode::Unavailable | ErrorCode::RateLimited | ErrorCode::StillRunning | ErrorCode::UpstreamTimeout => {
            Some(1)
        }
        ErrorCode::StorageFull => Some(5),
        _ => None,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.code().number(), self.code().title(), self.detail())?;
        for fault in self.faults() {
            write!(f, "; {}: {}", fault.field, fault.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::from_faults(vec![fault])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fault_lends_its_code_and_several_share_one() {
        let mobile = Fault::coded("mobile", ErrorCode::BadMobile, "must be 11 digits");
        let one = Error::from_faults(vec![mobile.clone()]);
        assert_eq!((one.code(), one.detail()), (ErrorCode::BadMobile, "mobile must be 11 digits"));
        let two = Error::from_faults(vec![mobile, Fault::new("name", "required", "is required")]);
        assert_eq!((two.code(), two.faults().len()), (ErrorCode::Invalid, 2));
        assert_eq!(two.under("operations.3").faults()[1].field, "operations.3.name");
    }
}
