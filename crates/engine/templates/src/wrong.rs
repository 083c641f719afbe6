//! What is wrong with a template.

use kontor_model::{Error, ErrorCode, Fault};
use minijinja::ErrorKind;

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is not written as templates are, or uses what there is not.
    Form,
    /// It names a value that is not there.
    Name,
    /// It does more than a template may.
    Work,
    /// A value is not one that it can do this with.
    Value,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pub kind: Kind,
    /// The first is 1.
    pub line: Option<usize>,
    /// A sentence without a subject.
    pub message: String,
}

impl Wrong {
    pub(crate) fn new(kind: Kind, line: Option<usize>, message: impl Into<String>) -> Self {
        Self { kind, line, message: message.into() }
    }

    /// For whom it was written by.
    pub fn text(&self) -> String {
        match self.line {
            Some(line) => format!("line {line}: {}", self.message),
            None => self.message.clone(),
        }
    }

    /// 400001 of the field that holds the template.
    pub fn fault(&self, field: &str) -> Fault {
        let code = match self.kind {
            Kind::Form | Kind::Value => "format",
            Kind::Name => "unknown",
            Kind::Work => "too_long",
        };
        Fault::new(field, code, self.text())
    }

    /// 422000 of whatever was to be rendered.
    pub fn refused(&self, what: &str) -> Error {
        let rule = match self.kind {
            Kind::Form => "template_form",
            Kind::Name => "template_name",
            Kind::Work => "template_work",
            Kind::Value => "template_value",
        };
        Error::new(ErrorCode::RuleRefused, format!("{rule}: {what}, {}", self.text()))
    }
}

impl From<minijinja::Error> for Wrong {
    fn from(error: minijinja::Error) -> Self {
        let detail = error.detail().unwrap_or_default().to_owned();
        let (kind, message) = match error.kind() {
            ErrorKind::OutOfFuel => (Kind::Work, "takes too many steps; a loop may be without an end".to_owned()),
            ErrorKind::WriteFailure => (Kind::Work, "makes a text that is too long, or takes too much time".to_owned()),
            ErrorKind::UndefinedError => (Kind::Name, "uses a value that is not there".to_owned()),
            ErrorKind::UnknownFilter => {
                let hint = quoted(&detail).map(|name| kontor_model::name::hint(name, crate::FILTERS.iter().copied()));
                (Kind::Form, format!("{detail}{}", hint.unwrap_or_default()))
            }
            ErrorKind::UnknownFunction | ErrorKind::UnknownTest | ErrorKind::UnknownMethod => (Kind::Form, detail),
            ErrorKind::SyntaxError | ErrorKind::BadEscape => (Kind::Form, detail),
            other if detail.is_empty() => (Kind::Value, other.to_string()),
            _ => (Kind::Value, detail),
        };
        Self { kind, line: error.line().filter(|line| *line > 0), message }
    }
}

/// The name in `filter foo is unknown`.
fn quoted(detail: &str) -> Option<&str> {
    detail.split_whitespace().nth(1)
}
