//! Rules across records that services set: asked with the changes of their object before these are planned.

use futures::future::BoxFuture;
use kontor_catalog::ObjectDef;
use kontor_model::{Error, Id, Result, Value};

use crate::{Ctx, Records};

/// A record of a set of changes, as it was and as it would be.
pub struct Touched<'a> {
    /// The step of the set that touches it.
    pub step: usize,
    pub id: Id,
    pub def: &'a ObjectDef,
    /// None when it is new or comes back from the bin.
    pub before: Option<&'a [Value]>,
    /// None when it goes, to the bin or for good.
    pub after: Option<&'a [Value]>,
}

impl Touched<'_> {
    /// A field before and after; null where there is no record.
    pub fn field(&self, path: &str) -> (&Value, &Value) {
        let index = self.def.field(path).map(|(index, _)| index);
        (at(self.before, index), at(self.after, index))
    }
}

fn at(values: Option<&[Value]>, index: Option<usize>) -> &Value {
    values.zip(index).and_then(|(values, index)| values.get(index)).unwrap_or(&Value::Null)
}

/// A rule across records.
pub trait Guard: Send + Sync {
    /// The object whose changes it is asked about.
    fn object(&self) -> &'static str;

    /// The steps that it refuses.
    ///
    /// # Errors
    /// The database's.
    fn refuse<'a>(
        &'a self,
        records: &'a Records,
        ctx: &'a Ctx,
        touched: &'a [Touched<'a>],
    ) -> BoxFuture<'a, Result<Vec<(usize, Error)>>>;
}
