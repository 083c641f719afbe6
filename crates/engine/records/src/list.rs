//! Many records: a page of an object's records as JSON.

use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_model::{Count, Error, ErrorCode, Kind, Query, Result, Value, name};
use kontor_store::{Columns, Expr, Lane, Select, Shape};

use crate::cursor::Position;
use crate::plan::{Plan, plan};
use crate::steps::LINES;
use crate::{Access, Ctx, Records};

/// How many matches an estimate counts exactly.
const ESTIMATE_UP_TO: u64 = 10_000;

/// A page.
#[derive(Debug)]
pub struct Listing {
    /// JSON objects separated by commas, without brackets.
    pub data: Vec<u8>,
    pub rows: usize,
    pub limit: u32,
    /// Absent behind a cursor.
    pub offset: Option<u64>,
    pub has_more: bool,
    pub next_cursor: Option<String>,
    pub total: Option<u64>,
    /// The total is at least that many.
    pub total_is_minimum: bool,
}

impl Records {
    /// Records of one object, newest first unless the query says otherwise.
    ///
    /// # Errors
    /// 403, the codes of the query, the database's.
    pub async fn list(&self, ctx: &Ctx, query: &Query) -> Result<Listing> {
        let def = ctx.catalog.require(&query.object)?.clone();
        ctx.caller.may(Access::Read, &def)?;
        let Plan { mut select, limit, offset, fingerprint, ranked } = plan(ctx, &def, query, &self.signer)?;
        let (with_lines, expand): (Vec<_>, Vec<_>) =
            query.expand.iter().cloned().partition(|name| name == LINES && def.lines.is_some());
        let expand = self.expansions(ctx, &def, &expand)?;
        let mut shape = wanted(&def, query.fields.as_deref())?;
        // Behind id and version: the order's values for the cursor, then the references to expand.
        let first_key = shape.keep.len();
        for order in &select.order {
            shape.keep.push((column(&mut select.columns, &order.by), order.by.kind()));
        }
        let first_reference = shape.keep.len();
        for expansion in &expand {
            shape.keep.push((column(&mut select.columns, &expansion.expr), Kind::Int));
        }
        let counted = match query.count {
            Count::None => None,
            count => Some((count, select.clone())),
        };
        let page = self.page(ctx, select, Arc::new(shape));
        let (mut page, total) = match counted {
            None => (page.await?, None),
            Some((count, select)) => {
                let (page, total) = tokio::join!(page, self.count(ctx, select, count));
                (page?, Some(total?))
            }
        };
        let has_more = page.rows.len() > limit as usize;
        if has_more {
            page.rows.truncate(limit as usize);
            page.bytes.truncate(page.rows.last().map_or(0, |r| r.range.end));
        }
        let next_cursor = has_more.then(|| {
            let position = if ranked {
                Position::Offset(offset + u64::from(limit))
            } else {
                let keys = page.rows.last().and_then(|r| r.kept.get(first_key..first_reference)).unwrap_or_default();
                Position::After(keys.to_vec())
            };
            self.signer.write(&fingerprint, &position)
        });
        let rows = page.rows.len();
        if !with_lines.is_empty() {
            page = self.page_with_lines(ctx, &def, page).await?;
        }
        let data =
            if expand.is_empty() { page.bytes } else { self.expanded(ctx, page, &expand, first_reference).await? };
        Ok(Listing {
            data,
            rows,
            limit,
            offset: (query.cursor.is_none() && counts_rows(ctx)).then_some(offset),
            has_more,
            next_cursor,
            total: total.map(|(n, _)| n),
            total_is_minimum: total.is_some_and(|(_, minimum)| minimum),
        })
    }

    /// Whether a list can be asked for: what it names is there and open to the caller, and what it compares fits.
    ///
    /// # Errors
    /// As [`Records::list`], but for the database's.
    pub fn check(&self, ctx: &Ctx, query: &Query) -> Result<()> {
        let def = ctx.catalog.require(&query.object)?.clone();
        ctx.caller.may(Access::Read, &def)?;
        plan(ctx, &def, query, &self.signer).map(drop)
    }

    async fn count(&self, ctx: &Ctx, mut select: Select, count: Count) -> Result<(u64, bool)> {
        select.order.clear();
        select.after = None;
        select.offset = 0;
        select.lane = Lane::Slow;
        if count == Count::Estimate {
            select.columns = vec![Expr::column("id", Kind::Int)].into();
            select.limit = Some(ESTIMATE_UP_TO + 1);
            let n = self.rows(ctx, select).await?.len() as u64;
            return Ok((n.min(ESTIMATE_UP_TO), n > ESTIMATE_UP_TO));
        }
        select.columns = vec![Expr::Count].into();
        select.limit = None;
        let rows = self.rows(ctx, select).await?;
        let n = rows.first().and_then(|r| r.first()).and_then(Value::as_i64).unwrap_or(0);
        Ok((u64::try_from(n).unwrap_or(0), false))
    }
}

/// Whether the version of the API has offsets.
fn counts_rows(ctx: &Ctx) -> bool {
    kontor_catalog::versions::refused_parameter(ctx.catalog.api(), "offset").is_none()
}

/// The position of an expression among the columns, added when it is not there.
pub(crate) fn column(columns: &mut Columns, expr: &Expr) -> usize {
    columns.iter().position(|c| c == expr).unwrap_or_else(|| {
        columns.push(expr.clone());
        columns.len() - 1
    })
}

/// The shape of an answer with the fields that were asked for.
///
/// # Errors
/// 400002 naming the nearest field.
pub(crate) fn wanted(def: &ObjectDef, fields: Option<&[String]>) -> Result<Shape> {
    let Some(fields) = fields else { return Ok((*def.shape).clone()) };
    for field in fields {
        let is_lines = field == crate::steps::LINES && def.lines.is_some();
        if def.field(field).is_none() && field != "custom" && !is_lines {
            let hint = name::hint(field, def.paths());
            return Err(Error::new(
                ErrorCode::UnknownField,
                format!("fields: {} has no field \"{field}\"{hint}", def.name),
            ));
        }
    }
    Ok(def.shape_of(|f| {
        let path = def.path(f);
        fields.iter().any(|wanted| *wanted == path || (wanted == "custom" && f.custom))
    }))
}
