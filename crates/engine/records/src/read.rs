//! One record, by its id or by a unique field.

use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_model::field::Context;
use kontor_model::{Error, ErrorCode, Id, Json, Kind, Op, Result, Value, name};
use kontor_store::{Cond, Expr, Which};

use crate::list::{column, wanted};
use crate::steps::{LINES, with_member};
use crate::{Access, Ctx, Records};

/// A record as an answer.
#[derive(Debug)]
pub struct Record {
    pub id: Id,
    pub version: i64,
    /// A JSON object.
    pub data: Vec<u8>,
}

impl Records {
    /// Reads by id.
    ///
    /// # Errors
    /// 404001, 403, 400002, 400003, the database's.
    pub async fn read(
        &self,
        ctx: &Ctx,
        object: &str,
        id: Id,
        fields: Option<&[String]>,
        expand: &[String],
    ) -> Result<Record> {
        let def = ctx.catalog.require(object)?.clone();
        ctx.caller.may(Access::Read, &def)?;
        let cond = Cond::Test { left: Expr::column("id", Kind::Int), op: Op::Eq, right: Value::Int(id.0) };
        self.one(ctx, &def, cond, fields, expand).await
    }

    /// Reads by a unique field.
    ///
    /// # Errors
    /// As [`Records::read`]; 400003 for a field that is not unique.
    pub async fn read_by(
        &self,
        ctx: &Ctx,
        object: &str,
        by: &str,
        value: &str,
        fields: Option<&[String]>,
        expand: &[String],
    ) -> Result<Record> {
        let def = ctx.catalog.require(object)?.clone();
        ctx.caller.may(Access::Read, &def)?;
        let cond = unique_condition(ctx, &def, by, &Json::String(value.to_owned()))?;
        self.one(ctx, &def, cond, fields, expand).await
    }

    async fn one(
        &self,
        ctx: &Ctx,
        def: &Arc<ObjectDef>,
        cond: Cond,
        fields: Option<&[String]>,
        expand: &[String],
    ) -> Result<Record> {
        let mut select = ctx.records_of(def, Which::Live, def.exprs.clone()).filter(cond).limit(2);
        let expand = self.expansions(ctx, def, expand)?;
        let shape = if fields.is_none() && expand.is_empty() {
            def.shape.clone()
        } else {
            let mut shape = wanted(def, fields)?;
            shape.keep.extend(expand.iter().map(|e| (column(&mut select.columns, &e.expr), Kind::Int)));
            Arc::new(shape)
        };
        let page = self.page(ctx, select, shape).await?;
        if page.rows.len() > 1 {
            let ids = page.rows.iter().filter_map(|row| row.kept.first()?.as_i64().map(Id));
            return Err(several().with_ids(ids));
        }
        let row = page.rows.first().ok_or_else(Error::not_found)?;
        let kept = |i: usize| row.kept.get(i).and_then(Value::as_i64).unwrap_or_default();
        let (id, version) = (Id(kept(0)), kept(1));
        let mut data = if expand.is_empty() { page.bytes } else { self.expanded(ctx, page, &expand, 2).await? };
        let wants_lines = fields.is_none_or(|fields| fields.iter().any(|field| field == LINES));
        if def.lines.is_some() && wants_lines {
            let mut lines = self.lines_of(ctx, def, vec![id.0], None).await?;
            if let Some(lines) = lines.remove(&id) {
                with_member(&mut data, LINES, &lines);
            }
        }
        Ok(Record { id, version, data })
    }
}

/// A value that was to stand for one record is in several.
pub(crate) fn several() -> Error {
    Error::new(ErrorCode::LikelyDuplicate, "more than one record has this value; name the record by its id")
}

/// `field = value` for a unique field.
///
/// # Errors
/// 400003 naming the unique fields; what is wrong with the value.
pub(crate) fn unique_condition(ctx: &Ctx, def: &ObjectDef, by: &str, value: &Json) -> Result<Cond> {
    let unique = || def.shown().filter(|(_, f)| ObjectDef::is_key(f)).map(|(_, f)| def.path(f));
    let Some((index, field)) = def.field(by).filter(|(_, f)| ObjectDef::is_key(f)) else {
        let names: Vec<String> = unique().collect();
        let hint = name::hint(by, names.iter().map(String::as_str));
        return Err(Error::new(
            ErrorCode::BadQuery,
            format!("\"{by}\" is not a unique field of {}; those are {}{hint}", def.name, names.join(", ")),
        ));
    };
    let settings = ctx.caller.settings.clone();
    let right = field
        .operand(Op::Eq, value, &Context { settings: &settings, country: None })
        .map_err(|f| Error::from(f.under(by)))?;
    let left = def.expr(index, 0).ok_or_else(|| Error::internal("a field without a place"))?;
    Ok(Cond::Test { left, op: Op::Eq, right })
}
