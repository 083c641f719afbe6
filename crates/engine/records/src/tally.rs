//! Aggregates that are kept instead of asked. What one record adds to which group is asked by the very expressions and
//! conditions of the aggregate, so that groups that were added up are those that asking would give.

use std::cmp::Ordering;
use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_model::{Aggregate, ApiVersion, Error, ErrorCode, Filter, Kind, MeasureFn, Op, Result, Value};
use kontor_store::{Cond, Expr, Lane, Order, Select};

use crate::aggregate::{Out, plan, write_row};
use crate::{Access, Ctx, Records};

/// What a record adds to a group, by its id.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    pub record: i64,
    pub keys: Vec<Value>,
    /// In the order of the measures: of a field that is counted 1 or 0, of one that is added up its value and 1 or 0.
    pub figures: Vec<i128>,
}

/// A group with what its records add up to.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    pub keys: Vec<Value>,
    pub records: i64,
    /// As those of a [`Share`].
    pub figures: Vec<i128>,
}

/// Which records' shares.
#[derive(Debug, Clone, Copy)]
pub enum Slice<'a> {
    Of(&'a [i64]),
    /// Those with greater ids, at most so many, in their order.
    Behind(i64, u64),
}

/// Why an aggregate cannot be kept; none when it can. Of what it is made must be the record's own: a change of another
/// record tells nobody that this one counts differently now.
pub fn untallied(def: &ObjectDef, aggregate: &Aggregate) -> Option<String> {
    let own = |path: &str| def.field(path).is_some();
    let foreign = |path: &str| format!("\"{path}\" is not a field of the record itself");
    if !def.routed {
        return Some(format!("{} have no events", def.plural));
    }
    if aggregate.text.is_some() || !aggregate.having.is_empty() {
        return Some("q and having are asked of all records at once".to_owned());
    }
    for group in &aggregate.group_by {
        let Some((_, field)) = def.field(&group.path) else { return Some(foreign(&group.path)) };
        if group.bucket.is_some() && field.spec().name() == "datetime" && group.time_zone.is_none() {
            return Some(format!("buckets of \"{}\" need a time_zone of their own", group.path));
        }
    }
    for measure in &aggregate.measures {
        if !matches!(measure.function, MeasureFn::Count | MeasureFn::Sum | MeasureFn::Avg) {
            return Some(format!("{} cannot be kept; count, sum and avg can", measure.function.name()));
        }
        if let Some(path) = measure.path.as_deref().filter(|path| !own(path)) {
            return Some(foreign(path));
        }
    }
    aggregate.filter.as_ref().and_then(|filter| outside(filter, &own)).map(foreign)
}

/// A path of a filter that is not the record's own.
fn outside<'f>(filter: &'f Filter, own: &dyn Fn(&str) -> bool) -> Option<&'f str> {
    match filter {
        Filter::And(all) | Filter::Or(all) => all.iter().find_map(|one| outside(one, own)),
        Filter::Not(one) => outside(one, own),
        Filter::Test { path, .. } => (!own(path)).then_some(path.as_str()),
    }
}

/// Whether the caller sees every record of an object whole, in the words that tallies are kept in. Others are answered
/// of what they may see.
pub fn sees_tallies(ctx: &Ctx, def: &ObjectDef) -> bool {
    ctx.catalog.api() == ApiVersion::V1
        && ctx.caller.may(Access::Read, def).is_ok()
        && ctx.caller.sees_all(def)
        && ctx.visible(def, 0).is_none()
}

impl Records {
    /// What records add to an aggregate, those that it does not count left out. `ctx` is the program's own.
    ///
    /// # Errors
    /// As [`Records::aggregate`].
    pub async fn tally_shares(&self, ctx: &Ctx, aggregate: &Aggregate, of: Slice<'_>) -> Result<Vec<Share>> {
        let (def, mut select, _) = self.tallied(ctx, aggregate)?;
        if !sees_tallies(ctx, &def) {
            return Err(Error::new(ErrorCode::BadQuery, format!("{} are not open to everybody", def.plural)));
        }
        let id = || Expr::column("id", Kind::Int);
        let columns = select.columns.iter().filter_map(|column| match column {
            Expr::Count => None,
            Expr::Sum(of) | Expr::CountOf(of) => Some((**of).clone()),
            key => Some(key.clone()),
        });
        let kinds: Vec<Expr> = select.columns.iter().filter(|column| **column != Expr::Count).cloned().collect();
        select.columns = std::iter::once(id()).chain(columns).collect();
        select.group = Vec::new();
        select.order = Vec::new();
        select = select.order(id(), false);
        select = match of {
            Slice::Of(ids) => select.limit(ids.len() as u64).filter(Cond::Test {
                left: id(),
                op: Op::In,
                right: Value::Ints(ids.to_vec()),
            }),
            Slice::Behind(last, most) => {
                select.limit(most).filter(Cond::Test { left: id(), op: Op::Gt, right: Value::Int(last) })
            }
        };
        if let Slice::Of(_) = of {
            select.lane = Lane::Quick;
        }
        let rows = self.rows(ctx, select).await?;
        Ok(rows.into_iter().filter_map(|row| share(row, &kinds)).collect())
    }

    /// The answer of an aggregate from its groups, as [`Records::aggregate`] gives it.
    ///
    /// # Errors
    /// As [`Records::aggregate`].
    pub async fn tally_rows(&self, ctx: &Ctx, aggregate: &Aggregate, tallies: Vec<Tally>) -> Result<Vec<u8>> {
        let (_, mut select, out) = self.tallied(ctx, aggregate)?;
        let limit = select.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        let mut tallies = tallies;
        if tallies.is_empty() && select.group.is_empty() {
            // Nothing at all is a group, too.
            tallies.push(Tally { keys: Vec::new(), records: 0, figures: Vec::new() });
        }
        let mut rows: Vec<Vec<Value>> = tallies.into_iter().map(|tally| row(&select.columns, tally)).collect();
        let place = |by: &Expr| select.columns.iter().position(|column| column == by);
        let places: Vec<(usize, &Order)> =
            select.order.iter().filter_map(|order| Some((place(&order.by)?, order))).collect();
        rows.sort_by(|a, b| {
            let one = |(place, order): &(usize, &Order)| {
                let ordering = compare(a.get(*place), b.get(*place), matches!(order.by, Expr::Sum(_)));
                if order.descending { ordering.reverse() } else { ordering }
            };
            places.iter().map(one).fold(Ordering::Equal, Ordering::then)
        });
        rows.truncate(limit);
        // Asked for no row: who observes what an answer was read from learns that it stands on these records.
        select.limit = Some(0);
        self.rows(ctx, select).await?;
        let mut bytes = Vec::with_capacity(rows.len() * 64);
        for (i, row) in rows.iter().enumerate() {
            if i > 0 {
                bytes.push(b',');
            }
            write_row(&out, row, &mut bytes);
        }
        Ok(bytes)
    }

    fn tallied(&self, ctx: &Ctx, aggregate: &Aggregate) -> Result<(Arc<ObjectDef>, Select, Vec<Out>)> {
        let def = ctx.catalog.require(&aggregate.object)?.clone();
        ctx.caller.may(Access::Read, &def)?;
        if let Some(why) = untallied(&def, aggregate) {
            return Err(Error::new(ErrorCode::BadQuery, why));
        }
        let (select, out) = plan(ctx, &def, aggregate)?;
        Ok((def, select, out))
    }
}

/// A row of id, keys and fields as a share; `columns` are those of the aggregate but the count of records.
fn share(row: Vec<Value>, columns: &[Expr]) -> Option<Share> {
    let mut values = row.into_iter();
    let record = values.next()?.as_i64()?;
    let (mut keys, mut figures) = (Vec::new(), Vec::new());
    for (value, column) in values.zip(columns) {
        let is_there = i128::from(!value.is_null());
        match column {
            Expr::Sum(_) => figures.extend([i128::from(value.as_i64().unwrap_or(0)), is_there]),
            Expr::CountOf(_) => figures.push(is_there),
            _ => keys.push(value),
        }
    }
    Some(Share { record, keys, figures })
}

/// A group as the database would give it.
fn row(columns: &[Expr], tally: Tally) -> Vec<Value> {
    let (mut keys, mut figures) = (tally.keys.into_iter(), tally.figures.into_iter());
    let column = |column: &Expr| match column {
        Expr::Count => Value::Int(tally.records),
        Expr::CountOf(_) => whole(figures.next().unwrap_or(0)),
        Expr::Sum(_) => {
            let (sum, count) = (figures.next().unwrap_or(0), figures.next().unwrap_or(0));
            if count == 0 { Value::Null } else { whole(sum) }
        }
        _ => keys.next().unwrap_or_default(),
    };
    columns.iter().map(column).collect()
}

/// A whole number, as text where it is beyond 64 bits.
fn whole(number: i128) -> Value {
    i64::try_from(number).map_or_else(|_| Value::Text(number.to_string()), Value::Int)
}

/// The databases' order: null first, numbers by size, texts by their bytes. A sum may be a text of digits.
fn compare(a: Option<&Value>, b: Option<&Value>, is_sum: bool) -> Ordering {
    let number = |value: &Value| match value {
        Value::Int(n) => Some(i128::from(*n)),
        Value::Bool(b) => Some(i128::from(*b)),
        Value::Text(digits) if is_sum => digits.parse().ok(),
        _ => None,
    };
    let (a, b) = (a.filter(|value| !value.is_null()), b.filter(|value| !value.is_null()));
    let (Some(a), Some(b)) = (a, b) else { return a.is_some().cmp(&b.is_some()) };
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.as_str().cmp(&b.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_and_a_group_are_of_the_same_columns() {
        let amount = || Box::new(Expr::column("amount", Kind::Int));
        let columns = [Expr::column("stage", Kind::Text), Expr::Sum(amount()), Expr::CountOf(amount())];
        let of = |amount| share(vec![Value::Int(7), Value::text("a"), amount], &columns[..2]).unwrap();
        assert_eq!(of(Value::Int(5)).figures, [5, 1]);
        assert_eq!(of(Value::Null), Share { record: 7, keys: vec![Value::text("a")], figures: vec![0, 0] });
        let tally = |sum, n| Tally { keys: vec![Value::Null], records: 2, figures: vec![sum, n, n] };
        assert_eq!(row(&columns, tally(0, 0)), [Value::Null, Value::Null, Value::Int(0)]);
        let far = i128::from(i64::MAX) + 1;
        assert_eq!(row(&columns, tally(far, 2))[1], Value::Text(far.to_string()));
    }

    #[test]
    fn the_order_is_the_databases() {
        let order = |a: &Value, b: &Value| compare(Some(a), Some(b), false);
        assert_eq!(order(&Value::Null, &Value::Int(-5)), Ordering::Less);
        assert_eq!(order(&Value::Null, &Value::Null), Ordering::Equal);
        assert_eq!(order(&Value::text("Z"), &Value::text("a")), Ordering::Less);
        let (far, near) = (Value::text("9223372036854775808"), Value::Int(5));
        assert_eq!(compare(Some(&near), Some(&far), true), Ordering::Less);
        assert_eq!(compare(Some(&Value::text("10000000000000000000")), Some(&far), true), Ordering::Greater);
        assert_eq!(order(&Value::Bool(false), &Value::Bool(true)), Ordering::Less);
    }
}
