//! Two records, weighed side by side.

use kontor_catalog::ObjectDef;
use kontor_linkage::{Agreement, Datum, Level, Likeness, compare, likeness};
use kontor_model::Value;

use super::keys::Holders;
use super::profile::{PRIOR, Profile, Side};

/// What agrees or not: a field's place, and whether its agreement tells a record from all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Why {
    pub field: usize,
    pub identifies: bool,
    /// The names differ.
    pub parts: bool,
}

/// A record among those that it is compared with.
pub struct Scale<'a> {
    pub profile: &'a Profile,
    /// The object as the caller sees it: what it does not see does not count.
    pub view: &'a ObjectDef,
    pub id: i64,
    pub values: &'a [Value],
    pub holders: &'a Holders,
}

impl Scale<'_> {
    pub fn weigh(&self, other: &[Value]) -> Likeness<Why> {
        likeness(PRIOR, self.profile.sides.iter().filter_map(|side| self.agreement(side, other)))
    }

    fn agreement(&self, side: &Side, other: &[Value]) -> Option<Agreement<Why>> {
        let fields = || side.paths.iter().filter_map(|path| self.field(path));
        let pairs = fields().flat_map(|own| fields().map(move |others| (own, others)));
        let (level, field) = pairs
            .filter_map(|(own, others)| {
                let (a, b) = (datum(self.values.get(own)?)?, datum(other.get(others)?)?);
                Some((compare(side.aspect.kind, a, b)?, own))
            })
            .min()?;
        let count = if level == Level::Exact { self.count(side, field) } else { None };
        let identifies = side.identifies && level == Level::Exact;
        let parts = side.names && level == Level::Differs;
        Some(Agreement { field: Why { field, identifies, parts }, level, weight: side.aspect.weight(level, count) })
    }

    /// How many others have the value of this field, as far as its key says.
    fn count(&self, side: &Side, field: usize) -> Option<u64> {
        side.aspect.typical?;
        let path = &self.view.native().fields.get(field)?.name;
        let keys = self.profile.keys.iter().filter(|key| key.is_of(path));
        keys.filter_map(|key| self.holders.count(key.number(self.view, self.values)?, self.id)).min()
    }

    fn field(&self, path: &str) -> Option<usize> {
        let (index, _) = self.view.native().field(path)?;
        (!self.view.is_hidden(index)).then_some(index)
    }
}

fn datum(value: &Value) -> Option<Datum<'_>> {
    match value {
        Value::Int(n) => Some(Datum::Number(*n)),
        value => value.as_str().map(Datum::Text),
    }
}

/// Whether something agrees that one record has as a rule, and the names do not differ.
pub fn is_identified(likeness: &Likeness<Why>) -> bool {
    let reasons = || likeness.reasons.iter().map(|reason| reason.field);
    reasons().any(|why| why.identifies) && !reasons().any(|why| why.parts)
}

/// A field as the caller calls it.
pub fn path(view: &ObjectDef, field: usize) -> String {
    view.fields.get(field).map(|field| view.path(field)).unwrap_or_default()
}
