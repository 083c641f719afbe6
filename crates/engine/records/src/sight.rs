//! What rules and actions of services see: the records of the space as the changes so far leave them, whoever asks.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kontor_catalog::ObjectDef;
use kontor_model::field::Context;
use kontor_model::{Change, Error, Id, Json, Kind, Mode, Op, Result, Settings, Step, Value};
use kontor_store::{Cond, Expr, Order, Which};

use crate::counters::Counters;
use crate::fetch::Working;
use crate::{Ctx, Records};

/// A record that was found. Fields are called by version 1's names.
#[derive(Debug, Clone)]
pub struct Found {
    pub id: Id,
    pub(crate) work: Working,
}

impl Found {
    pub fn value(&self, path: &str) -> &Value {
        let index = self.work.def.native().field(path).map(|(index, _)| index);
        index.and_then(|index| self.work.values.get(index)).unwrap_or(&Value::Null)
    }

    /// A value as it was written: of a telephone number the original, where that is read as the same number.
    pub fn written(&self, settings: &Settings, path: &str) -> &Value {
        let (value, def) = (self.value(path), self.work.def.native());
        let Some((second, (_, field))) = def.companion_path(path).zip(def.field(path)) else { return value };
        let original = self.value(&second);
        let country = self.value("country").as_str();
        let read = original.as_str().map(|text| field.spec().check(&Json::from(text), &Context { settings, country }));
        if read.is_some_and(|read| read.is_ok_and(|checked| checked.value == *value)) { original } else { value }
    }

    pub fn int(&self, path: &str) -> Option<i64> {
        self.value(path).as_i64()
    }

    /// A text; empty when there is none.
    pub fn text(&self, path: &str) -> &str {
        self.value(path).as_str().unwrap_or_default()
    }

    pub fn flag(&self, path: &str) -> bool {
        self.value(path).as_bool() == Some(true)
    }

    pub fn reference(&self, path: &str) -> Option<Id> {
        self.int(path).map(Id)
    }

    pub fn version(&self) -> i64 {
        self.work.version
    }

    pub fn object(&self) -> &str {
        &self.work.def.name
    }

    /// Its fields that hold something, in order, the common ones left out: what a copy is made of.
    pub fn filled(&self) -> impl Iterator<Item = (&str, &Value)> {
        let def = self.work.def.native();
        def.shown()
            .filter(|(_, field)| !field.read_only && !crate::draft::is_common(field) && !field.custom)
            .filter_map(|(i, field)| Some((field.name.as_str(), self.work.values.get(i)?)))
            .filter(|(_, value)| !value.is_null())
    }
}

/// A condition: path, operator (`Eq`, `Ne`, `In`, `IsNull`, `Lt`, `Lte`, `Gt`, `Gte`), operand.
pub type Where<'a> = (&'a str, Op, Value);

/// See the module. What is read through it is what the changes that follow stand on: a record that another changes
/// meanwhile makes the whole set be planned anew.
pub struct Sight<'a> {
    records: &'a Records,
    ctx: &'a Ctx,
    now: i64,
    work: Option<&'a HashMap<Id, Working>>,
    seen: Mutex<HashMap<Id, Working>>,
    counters: &'a Counters,
    history: bool,
}

impl<'a> Sight<'a> {
    pub(crate) fn new(
        records: &'a Records,
        ctx: &'a Ctx,
        now: i64,
        work: Option<&'a HashMap<Id, Working>>,
        counters: &'a Counters,
    ) -> Self {
        Self { records, ctx, now, work, seen: Mutex::default(), counters, history: false }
    }

    /// Of an import that carries history over.
    pub(crate) fn with_history(self, history: bool) -> Self {
        Self { history, ..self }
    }

    /// Whether the changes bring along what happened elsewhere (an import whose mapping has a history, which only who
    /// manages the space may start): states are taken as they are sent.
    pub fn is_history(&self) -> bool {
        self.history
    }

    pub fn records(&self) -> &'a Records {
        self.records
    }

    pub fn ctx(&self) -> &'a Ctx {
        self.ctx
    }

    pub fn settings(&self) -> &'a Settings {
        self.ctx.settings()
    }

    /// Unix milliseconds.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// The day in the workspace's time zone, in days since 1970.
    pub fn today(&self) -> i64 {
        kontor_model::time::day_in(self.now, &self.settings().time_zone)
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<Id, Working>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn into_seen(self) -> HashMap<Id, Working> {
        self.seen.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn overlay(&self, id: Id) -> Option<Working> {
        self.work.and_then(|work| work.get(&id)).cloned().or_else(|| self.seen().get(&id).cloned())
    }

    /// A record by its id, none when it is in the bin.
    ///
    /// # Errors
    /// The database's.
    pub async fn record(&self, object: &str, id: Id) -> Result<Option<Found>> {
        let by_id = [("id", Op::Eq, Value::Int(id.0))];
        if let Some(work) = self.overlay(id) {
            return Ok((work.def.name == object && !work.deleted).then_some(Found { id, work }));
        }
        Ok(self.find(object, &by_id, 1).await?.pop())
    }

    /// The record that a reference leads to.
    ///
    /// # Errors
    /// The database's.
    pub async fn referred(&self, object: &str, reference: &Value) -> Result<Option<Found>> {
        match reference.as_i64() {
            Some(id) => self.record(object, Id(id)).await,
            None => Ok(None),
        }
    }

    /// A record that the caller names: only what it may read.
    ///
    /// # Errors
    /// 404001 when there is none that the caller sees; the database's.
    pub async fn visible(&self, object: &str, id: Id) -> Result<Found> {
        let def = self.ctx.whole.require(object)?.clone();
        self.ctx.caller.may(crate::Access::Read, &def)?;
        let found = self.records.fetch(self.ctx, &def, vec![id.0]).await?.remove(&id);
        let work = found.filter(|work| !work.deleted).ok_or_else(Error::not_found)?;
        self.seen().insert(id, work.clone());
        Ok(Found { id, work: self.overlay(id).unwrap_or(work) })
    }

    /// Records that meet all conditions, by id, at most `limit`; those in the bin left out.
    ///
    /// # Errors
    /// The database's.
    pub async fn find(&self, object: &str, conditions: &[Where<'_>], limit: u64) -> Result<Vec<Found>> {
        self.sorted(object, conditions, &[], limit).await
    }

    /// As [`Sight::find`], in the order of these fields, `-` before those that descend.
    ///
    /// # Errors
    /// The database's.
    pub async fn sorted(
        &self,
        object: &str,
        conditions: &[Where<'_>],
        order: &[&str],
        limit: u64,
    ) -> Result<Vec<Found>> {
        let def = self.ctx.whole.require(object)?.clone();
        let mut select = self.ctx.all_of(&def, Which::Live, def.exprs.clone()).limit(limit);
        for (path, op, right) in conditions {
            let left = expr(&def, path)?;
            select = select.filter(Cond::Test { left, op: *op, right: right.clone() });
        }
        for path in order {
            let (path, descending) = path.strip_prefix('-').map_or((*path, false), |path| (path, true));
            select.order.push(Order { by: expr(&def, path)?, descending });
        }
        select.order.push(Order { by: Expr::column("id", Kind::Int), descending: false });
        let keyed: Vec<usize> = order.iter().filter_map(|p| place(&def, p.trim_start_matches('-'))).collect();
        let mut found = self.records.working(self.ctx, &def, select).await?;
        let meets = |work: &Working| {
            !work.deleted && conditions.iter().all(|(path, op, right)| holds(value(&def, work, path), *op, right))
        };
        // What the changes so far have made of them, and what they have made besides.
        if let Some(work) = self.work {
            found.retain(|id, _| !work.contains_key(id));
            let own = work.iter().filter(|(_, w)| w.def.name == def.name && meets(w));
            found.extend(own.map(|(id, w)| (*id, w.clone())));
        }
        let mut seen = self.seen();
        for (id, work) in &mut found {
            *work = seen.entry(*id).or_insert_with(|| work.clone()).clone();
        }
        drop(seen);
        let mut out: Vec<Found> = found.into_iter().map(|(id, work)| Found { id, work }).collect();
        let key = |f: &Found, i: &usize| f.work.values.get(*i).cloned().unwrap_or_default();
        out.sort_by(|a, b| {
            let fields = keyed.iter().zip(order).map(|(i, path)| {
                let ordering = compare(&key(a, i), &key(b, i));
                if path.starts_with('-') { ordering.reverse() } else { ordering }
            });
            fields.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then).then(a.id.cmp(&b.id))
        });
        out.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(out)
    }

    /// The ids of all records whose reference `path` is `id`, those in the bin included.
    ///
    /// # Errors
    /// A field that the object does not have; the database's.
    pub async fn all_of(&self, object: &str, path: &str, id: Id) -> Result<Vec<Id>> {
        let def = self.ctx.whole.require(object)?.clone();
        let index = place(&def, path).ok_or_else(|| Error::internal(format!("{object} has no {path}")))?;
        let (mut out, mut after) = (Vec::new(), i64::MIN);
        loop {
            let page = self.records.stored_page(self.ctx, &def, Some((index, &[id.0])), after).await?;
            let Some((last, _)) = page.last() else { return Ok(out) };
            after = last.0;
            out.extend(page.iter().map(|(id, _)| *id));
        }
    }

    /// The next number of a series without gaps: it is used when the changes are, or given again. A series belongs to
    /// rules or to actions: an action's own numbers and those of the rules about its changes are counted apart.
    ///
    /// # Errors
    /// The database's.
    pub async fn number(&self, series: &str) -> Result<i64> {
        self.counters.next(self.records, self.ctx, series).await
    }

    /// A link for guests to a page about a record: `https://crm.example.com/public/quotes/…`.
    ///
    /// # Errors
    /// 422000 in a process that knows no address for links.
    pub fn link(&self, page: &str, id: Id, mark: &str) -> Result<String> {
        let none = || crate::refusal("no_address", "links need an address to lead to; set public_url");
        let address = self.records.address().ok_or_else(none)?;
        Ok(format!("{address}/public/{page}/{}", self.records.token(page, self.ctx.space(), id, mark)?))
    }

    /// Data for a change, from values by field.
    ///
    /// # Errors
    /// A field that the object does not have.
    pub fn data(&self, object: &str, fields: &[(&str, Value)]) -> Result<Json> {
        let def = self.ctx.whole.require(object)?;
        let def = def.native();
        let members = fields.iter().map(|(path, value)| {
            let (index, _) = def.field(path).ok_or_else(|| Error::internal(format!("{object} has no {path}")))?;
            let json = Json::parse_str(&def.show(index).text(value)).map_err(Error::internal)?;
            Ok(((*path).to_owned(), json))
        });
        members.collect::<Result<Vec<_>>>().map(Json::Object)
    }

    /// A new record, in the service's right.
    ///
    /// # Errors
    /// As [`Sight::data`].
    pub fn create(&self, object: &str, fields: &[(&str, Value)]) -> Result<Step> {
        Ok(Step::of_service(Change::Create { object: object.to_owned(), data: self.data(object, fields)? }))
    }

    /// New values for a record, in the service's right. Of an action it stands on the version that was seen.
    ///
    /// # Errors
    /// As [`Sight::data`].
    pub fn update(&self, record: &Found, fields: &[(&str, Value)]) -> Result<Step> {
        Ok(Step::of_service(Change::Update {
            object: record.object().to_owned(),
            id: record.id,
            if_match: self.work.is_none().then_some(record.version()),
            mode: Mode::Merge,
            data: self.data(record.object(), fields)?,
        }))
    }

    /// A record to the bin, in the service's right.
    pub fn delete(&self, record: &Found) -> Step {
        let object = record.object().to_owned();
        let if_match = self.work.is_none().then_some(record.version());
        Step::of_service(Change::Delete { object, id: record.id, if_match })
    }
}

fn place(def: &ObjectDef, path: &str) -> Option<usize> {
    def.native().field(path).map(|(index, _)| index)
}

fn expr(def: &ObjectDef, path: &str) -> Result<Expr> {
    let unknown = || Error::internal(format!("{} has no {path}", def.name));
    place(def, path).and_then(|index| def.expr(index, 0)).ok_or_else(unknown)
}

fn value<'w>(def: &ObjectDef, work: &'w Working, path: &str) -> &'w Value {
    place(def, path).and_then(|index| work.values.get(index)).unwrap_or(&Value::Null)
}

fn compare(a: &Value, b: &Value) -> std::cmp::Ordering {
    match (a.as_i64(), b.as_i64()) {
        (None, None) => a.as_str().cmp(&b.as_str()),
        (a, b) => a.cmp(&b),
    }
}

/// Whether a value meets a condition, as the database would say.
fn holds(value: &Value, op: Op, right: &Value) -> bool {
    let order = || Some(value.as_i64()?.cmp(&right.as_i64()?));
    match op {
        Op::Eq => !value.is_null() && value == right,
        Op::Ne => !value.is_null() && value != right,
        Op::In => match right {
            Value::Ints(all) => value.as_i64().is_some_and(|n| all.contains(&n)),
            Value::Texts(all) => value.as_str().is_some_and(|text| all.iter().any(|one| one == text)),
            _ => false,
        },
        Op::IsNull => value.is_null() == (right.as_bool() != Some(false)),
        Op::Lt => order().is_some_and(std::cmp::Ordering::is_lt),
        Op::Lte => order().is_some_and(std::cmp::Ordering::is_le),
        Op::Gt => order().is_some_and(std::cmp::Ordering::is_gt),
        Op::Gte => order().is_some_and(std::cmp::Ordering::is_ge),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_hold_as_the_database_says() {
        let (one, null) = (Value::Int(1), Value::Null);
        assert!(holds(&one, Op::Eq, &one) && !holds(&null, Op::Eq, &one) && !holds(&null, Op::Ne, &one));
        assert!(holds(&one, Op::Ne, &Value::Int(2)) && holds(&one, Op::In, &Value::Ints(vec![3, 1])));
        assert!(holds(&Value::text("a"), Op::In, &Value::Texts(vec!["a".into()])));
        assert!(!holds(&null, Op::In, &Value::Ints(vec![1])));
        assert!(holds(&null, Op::IsNull, &Value::Bool(true)) && holds(&one, Op::IsNull, &Value::Bool(false)));
        assert!(holds(&one, Op::Lte, &one) && !holds(&one, Op::Lt, &one) && !holds(&null, Op::Gte, &one));
    }
}
