//! The one change: what every door asks the engine to do, all of it or nothing.

use std::sync::Arc;

use crate::id::Id;
use crate::json::Json;
use crate::letter::Letter;

/// How an update treats what it does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Keeps it (RFC 7396).
    Merge,
    /// Sets it to null or its default.
    Replace,
}

/// One change of one record.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    Create {
        object: String,
        data: Json,
    },
    Update {
        object: String,
        id: Id,
        if_match: Option<i64>,
        mode: Mode,
        data: Json,
    },
    /// Creates the record, or merges into the one whose unique field `by` has `value`.
    Upsert {
        object: String,
        by: String,
        value: Json,
        if_match: Option<i64>,
        data: Json,
    },
    /// To the bin.
    Delete {
        object: String,
        id: Id,
        if_match: Option<i64>,
    },
    /// Out of the bin.
    Restore {
        object: String,
        id: Id,
        if_match: Option<i64>,
    },
    /// For good, with its history.
    Purge {
        object: String,
        id: Id,
    },
}

impl Change {
    /// The name of the object that it is about.
    pub fn object(&self) -> &str {
        match self {
            Change::Create { object, .. }
            | Change::Update { object, .. }
            | Change::Upsert { object, .. }
            | Change::Delete { object, .. }
            | Change::Restore { object, .. }
            | Change::Purge { object, .. } => object,
        }
    }
}

/// In whose right a change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum By {
    /// The caller's: its scopes, role and fields are asked.
    #[default]
    Caller,
    /// A service's own rules: read-only fields may be set, nobody's role is asked. Speaks version 1's words.
    Service,
}

/// What a change is called in the audit and in the event's type, where it is more than an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// `win`
    pub action: &'static str,
    /// `won`
    pub event: &'static str,
}

/// A change with the name that later ones of the same set call its result by: `$acme.id`.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub name: Option<String>,
    pub change: Change,
    pub by: By,
    pub told: Option<Told>,
    /// An update moves the record's version even where nothing differs: something was done to it.
    pub touches: bool,
    /// Mail about the record that leaves with this change; of service steps alone.
    pub letters: Vec<Letter>,
    /// The bytes of the file that this step makes; of service steps alone.
    pub bytes: Option<Arc<[u8]>>,
}

impl From<Change> for Step {
    fn from(change: Change) -> Self {
        Self { name: None, change, by: By::Caller, told: None, touches: false, letters: Vec::new(), bytes: None }
    }
}

impl Step {
    /// In a service's right.
    pub fn of_service(change: Change) -> Self {
        Self { by: By::Service, ..change.into() }
    }

    /// Moves the record's version whether or not anything differs.
    #[must_use]
    pub fn touching(mut self) -> Self {
        self.touches = true;
        self
    }

    /// Mail about the record goes out with it.
    #[must_use]
    pub fn with_letter(mut self, letter: Letter) -> Self {
        self.letters.push(letter);
        self
    }

    /// The record that it makes is a file of these bytes.
    #[must_use]
    pub fn with_bytes(mut self, bytes: Arc<[u8]>) -> Self {
        self.bytes = Some(bytes);
        self
    }

    /// Under a name for later steps.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The audit says `action`, the event `event`.
    #[must_use]
    pub fn told(mut self, action: &'static str, event: &'static str) -> Self {
        self.told = Some(Told { action, event });
        self
    }
}

/// Creates, updates and deletes over any objects.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    pub steps: Vec<Step>,
    /// Values that only an import with leave to may set.
    pub history: bool,
    /// Goes on where a likely duplicate is found.
    pub allow_duplicates: bool,
    /// One thing to the caller, whatever its number of steps: refusals name no operation.
    pub whole: bool,
}

impl From<Change> for Changes {
    fn from(change: Change) -> Self {
        Self { steps: vec![change.into()], ..Self::default() }
    }
}
