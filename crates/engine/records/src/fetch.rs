//! The records that a set of changes is about, read once for each object.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_model::{Change, Error, ErrorCode, Id, Json, Kind, Op, Result, Step, Value};
use kontor_store::{Cond, Expr, Select, Which};

use crate::rights::Action;
use crate::{Ctx, Records};

/// A record as it stands, or as the changes so far leave it.
#[derive(Debug, Clone)]
pub struct Working {
    pub def: Arc<ObjectDef>,
    pub values: Vec<Value>,
    pub version: i64,
    pub deleted: bool,
}

impl Records {
    /// Records by id that the caller may read, those in the bin included.
    pub(crate) async fn fetch(&self, ctx: &Ctx, def: &Arc<ObjectDef>, ids: Vec<i64>) -> Result<HashMap<Id, Working>> {
        let select = ctx.records_of(def, Which::All, def.exprs.clone()).filter(by_id(ids));
        self.working(ctx, def, select).await
    }

    /// Records by id, whoever asks, those in the bin included.
    pub(crate) async fn fetch_any(
        &self,
        ctx: &Ctx,
        def: &Arc<ObjectDef>,
        ids: Vec<i64>,
    ) -> Result<HashMap<Id, Working>> {
        let select = ctx.all_of(def, Which::All, def.exprs.clone()).filter(by_id(ids));
        self.working(ctx, def, select).await
    }

    /// Which of these records the caller may do this to; asked only where that is less than it may read.
    pub(crate) async fn reachable(
        &self,
        ctx: &Ctx,
        action: Action,
        def: &ObjectDef,
        ids: Vec<i64>,
    ) -> Result<HashSet<i64>> {
        let Some(cond) = ctx.reached(action, def, 0) else { return Ok(ids.into_iter().collect()) };
        let columns = vec![Expr::column("id", Kind::Int)];
        let select = ctx.records_of(def, Which::All, columns).filter(by_id(ids)).filter(cond);
        Ok(self.rows(ctx, select).await?.iter().filter_map(|row| row.first()?.as_i64()).collect())
    }

    /// Records that the caller may read whose field has one of these values, those in the bin left out.
    pub(crate) async fn fetch_by(
        &self,
        ctx: &Ctx,
        def: &Arc<ObjectDef>,
        field: usize,
        values: &[Value],
    ) -> Result<HashMap<Id, Working>> {
        let select = ctx.records_of(def, Which::Live, def.exprs.clone()).filter(by_value(def, field, values)?);
        self.working(ctx, def, select).await
    }

    /// As [`Records::fetch_by`], whoever asks: a value is taken even by a record that the caller does not see.
    pub(crate) async fn holders(
        &self,
        ctx: &Ctx,
        def: &Arc<ObjectDef>,
        field: usize,
        values: &[Value],
    ) -> Result<HashMap<Id, Working>> {
        let select = ctx.all_of(def, Which::Live, def.exprs.clone()).filter(by_value(def, field, values)?);
        self.working(ctx, def, select).await
    }

    pub(crate) async fn working(
        &self,
        ctx: &Ctx,
        def: &Arc<ObjectDef>,
        select: Select,
    ) -> Result<HashMap<Id, Working>> {
        let rows = self.rows(ctx, select).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let id = Id(row.first()?.as_i64()?);
                let version = row.get(1)?.as_i64()?;
                let deleted = !row.get(def.deleted_column())?.is_null();
                Some((id, Working { def: def.clone(), values: def.fields_of_row(&row), version, deleted }))
            })
            .collect())
    }
}

fn by_id(ids: Vec<i64>) -> Cond {
    let right = if let [one] = ids.as_slice() { Value::Int(*one) } else { Value::Ints(ids) };
    let op = if matches!(right, Value::Int(_)) { Op::Eq } else { Op::In };
    Cond::Test { left: Expr::column("id", Kind::Int), op, right }
}

fn by_value(def: &ObjectDef, field: usize, values: &[Value]) -> Result<Cond> {
    let Some(left) = def.expr(field, 0) else { return Err(Error::internal("a field without a place")) };
    let right = match left.kind() {
        Kind::Int => Value::Ints(values.iter().filter_map(Value::as_i64).collect()),
        _ => Value::Texts(values.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()),
    };
    Ok(Cond::Test { left, op: Op::In, right })
}

/// A step whose texts name nothing, for behind a named one: where they begin with `$`, that is doubled; the field `but`
/// is left.
#[must_use]
pub fn literal(mut step: Step, but: &str) -> Step {
    if let Change::Create { data, .. } | Change::Update { data, .. } | Change::Upsert { data, .. } = &mut step.change
        && let Json::Object(members) = data
    {
        members.iter_mut().filter(|(name, _)| name != but).for_each(|(_, member)| doubled(member));
    }
    step
}

fn doubled(data: &mut Json) {
    match data {
        Json::String(text) if text.starts_with('$') => text.insert(0, '$'),
        Json::Array(items) => items.iter_mut().for_each(doubled),
        Json::Object(members) => members.iter_mut().for_each(|(_, member)| doubled(member)),
        _ => {}
    }
}

/// Replaces `"$name.field"` by what an earlier step of the set gave.
///
/// # Errors
/// 400001 for a name or field that no earlier step has.
pub fn substitute(data: &Json, earlier: &dyn Fn(&str, &str) -> Option<Json>) -> Result<Json> {
    Ok(match data {
        Json::String(text) if text.starts_with('$') && !text.starts_with("$$") => {
            let reference = text.get(1..).unwrap_or_default();
            let (name, field) = reference.split_once('.').unwrap_or((reference, "id"));
            earlier(name, field).ok_or_else(|| {
                Error::new(ErrorCode::Invalid, format!("\"{text}\" refers to no field of an earlier operation; write \"$ref.field\" with the ref of one before"))
            })?
        }
        Json::String(text) if text.starts_with("$$") => Json::String(text.get(1..).unwrap_or_default().to_owned()),
        Json::Array(items) => Json::Array(items.iter().map(|i| substitute(i, earlier)).collect::<Result<_>>()?),
        Json::Object(members) => {
            Json::Object(members.iter().map(|(k, v)| Ok((k.clone(), substitute(v, earlier)?))).collect::<Result<_>>()?)
        }
        other => other.clone(),
    })
}
