//! Rules of services about changes: asked with what a set of changes would do, before it is done. They refuse, set
//! fields of the same record, or let changes of other records follow in the same commit.

use futures::future::BoxFuture;
use kontor_catalog::ObjectDef;
use kontor_model::{By, Error, Id, Result, Step, Value};

use crate::Sight;

/// A record of a set of changes, as it was and as it would be. Fields are called by version 1's names.
pub struct Touched<'a> {
    /// The step of the set that touches it.
    pub step: usize,
    pub id: Id,
    pub def: &'a ObjectDef,
    /// None when it is new or comes back from the bin.
    pub before: Option<&'a [Value]>,
    /// None when it goes, to the bin or for good.
    pub after: Option<&'a [Value]>,
    /// In whose right: rules about what callers may send leave a service's own changes alone.
    pub by: By,
    /// Whether it goes for good.
    pub purged: bool,
}

impl Touched<'_> {
    /// A field before and after; null where there is no record.
    pub fn field(&self, path: &str) -> (&Value, &Value) {
        let index = self.def.native().field(path).map(|(index, _)| index);
        (at(self.before, index), at(self.after, index))
    }

    /// A field as it would be, or as it was when the record goes.
    pub fn value(&self, path: &str) -> &Value {
        let (before, after) = self.field(path);
        if self.after.is_some() { after } else { before }
    }

    pub fn is_new(&self) -> bool {
        self.before.is_none() && self.after.is_some()
    }

    pub fn is_gone(&self) -> bool {
        self.after.is_none()
    }

    /// Whether a field differs, or the record is new.
    pub fn changes(&self, path: &str) -> bool {
        let (before, after) = self.field(path);
        self.is_new() || before != after
    }

    pub fn is_by_service(&self) -> bool {
        self.by == By::Service
    }
}

fn at(values: Option<&[Value]>, index: Option<usize>) -> &Value {
    values.zip(index).and_then(|(values, index)| values.get(index)).unwrap_or(&Value::Null)
}

/// What a rule says.
pub enum Verdict {
    /// The step is not done.
    Refuse { step: usize, error: Error },
    /// A field of the touched record gets another value.
    Amend { id: Id, field: &'static str, value: Value },
    /// Another change in the same commit, refused together with its step.
    Follow { step: usize, then: Step },
}

impl Verdict {
    /// 422000 naming the rule.
    pub fn refuse(step: usize, rule: &str, detail: impl AsRef<str>) -> Self {
        Verdict::Refuse { step, error: crate::refusal(rule, detail) }
    }
}

/// A rule about changes of some objects.
pub trait Hook: Send + Sync {
    /// The objects whose changes it is asked about.
    fn objects(&self) -> &'static [&'static str];

    /// What it says to these changes, which are of its objects.
    ///
    /// # Errors
    /// The database's.
    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>>;
}
